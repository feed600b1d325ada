/// <reference types="node-pty" />
// The package is installed under the alias `node-pty`, while its types declare `@lydell/node-pty`.
declare module 'node-pty' {
  export * from '@lydell/node-pty';
}
