export { type AssetCopy, assetFile, planAssets } from './assets.ts';
export { loadCourses, loadScenario, pagesOf } from './load.ts';
export type { CheckValidator } from './load-page.ts';
export { renderMarkdown } from './markdown/render.ts';
export { readText } from './read-file.ts';
export type * from './model.ts';
