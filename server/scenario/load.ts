export { loadCourses, sideBySide } from './load-course.ts';
export { loadScenario, pagesOf } from './load-scenario.ts';
