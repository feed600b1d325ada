import type { ImageEntry } from '../../program.ts';
import { argosay, argosayV1 } from './argosay.ts';
import { alpine, busybox, debian, ubuntu } from './base.ts';
import { curl, curlAppropriate } from './curl.ts';
import { helloServers } from './hello-servers.ts';
import { hostTools } from './host-tools.ts';
import { influxdb } from './influxdb/index.ts';
import { minio, minioClient, minioClientQuay, minioQuay } from './minio/index.ts';
import { httpd, nginx, nginxSlim, nginxUnprivileged } from './nginx.ts';
import { pauseImages } from './pause.ts';
import { python } from './python.ts';
import { redisImages } from './redis/index.ts';
import { whalesay } from './whalesay.ts';

/** The images that every cluster has. Adding one: a file, and a line here. */
export const builtInImages: readonly ImageEntry[] = [busybox, alpine, debian, ubuntu, python, curl, curlAppropriate, argosay, argosayV1, whalesay, nginx, nginxUnprivileged, ...nginxSlim, httpd, ...helloServers, ...pauseImages, ...hostTools, ...redisImages, influxdb, minio, minioQuay, minioClient, minioClientQuay];
