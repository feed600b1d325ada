export { type AssetCopy, assetFile, planAssets } from './assets.ts';
export { fillPlaceholders, type PlaceholderValues } from '../protocol/placeholders.ts';
export { loadCourses } from './load-course.ts';
export { loadScenario, pagesOf } from './load.ts';
export type { CheckValidator } from './load-page.ts';
export { renderMarkdown } from './markdown/render.ts';
export { needViews } from './needs.ts';
export { readText, scenarioFile } from './source-file.ts';
export type * from './model.ts';
