export { loadCourses, sideBySide } from './load-course.ts';
export { loadScenario, pagesOf, shownPages } from './load-scenario.ts';
