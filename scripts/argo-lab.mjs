#!/usr/bin/env node
// The `argo-lab` command: sets up what is missing (npm packages, build, kubectl), then hands over to the server's code.
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuild } from './setup/build.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureKubectl, kubectlFolder } from './setup/kubectl.mjs';
import { dist } from './setup/paths.mjs';
import { fail } from './setup/progress.mjs';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) fail(`Node.js ${process.versions.node} is too old.`, 'Install Node.js 20.19 or newer: https://nodejs.org');

await ensureDependencies();
await ensureBuild();
await ensureKubectl();
const folder = kubectlFolder();
if (folder) process.env.PATH = `${process.env.PATH ?? ''}${delimiter}${folder}`;

await import(pathToFileURL(join(dist, 'server', 'main.js')).href);
