import type { ImageEntry } from '../../program.ts';
import { argosay } from './argosay.ts';
import { alpine, busybox, debian, ubuntu } from './base.ts';
import { curl, curlAppropriate } from './curl.ts';
import { minio, minioClient, minioClientQuay, minioQuay } from './minio/index.ts';
import { nginx } from './nginx.ts';
import { python } from './python.ts';
import { whalesay } from './whalesay.ts';

/** The images that every cluster has. Adding one: a file, and a line here. */
export const builtInImages: readonly ImageEntry[] = [busybox, alpine, debian, ubuntu, python, curl, curlAppropriate, argosay, whalesay, nginx, minio, minioQuay, minioClient, minioClientQuay];
