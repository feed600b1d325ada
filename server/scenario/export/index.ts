export { exportHtml } from './html.ts';
export { exportMarkdown } from './markdown.ts';
export { exportZip, type ZipExport } from './zip.ts';
