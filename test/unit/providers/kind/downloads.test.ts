import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchVerified } from '../../../../server/providers/kind/tools.ts';

let server: Server;
let origin = '';
beforeAll(async () => {
  server = createServer((request, response) => (request.url === '/there' ? response.end('release') : response.writeHead(404).end()));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterAll(() => server.close());
const sum = (text: string) => createHash('sha256').update(text).digest('hex');
const get = (path: string, text: string) => fetchVerified({ url: `${origin}${path}`, sha256: sum(text) }, 'the manifests', 'Give a file.');

describe('a download', () => {
  it('is what its checksum says', async () => {
    expect(Buffer.from(await get('/there', 'release')).toString()).toBe('release');
  });

  it('with another checksum is not used; it says where from, which, and what to do', async () => {
    const { host } = new URL(origin);
    await expect(get('/there', 'another')).rejects.toMatchObject({
      code: 'cluster-failed',
      message: `the manifests was downloaded from ${host}, but its checksum is wrong: ${sum('release')} instead of ${sum('another')}`,
      next: `A proxy may have answered in its place, or the release was changed. Look at ${origin}/there yourself. Give a file.`,
    });
  });

  it('that is not there says so', async () => {
    await expect(get('/gone', 'release')).rejects.toMatchObject({ message: `the manifests can't be downloaded from ${new URL(origin).host}: 404 Not Found`, next: 'Give a file.' });
  });

  it('that is called off ends with the reason', async () => {
    await expect(fetchVerified({ url: `${origin}/there`, sha256: '' }, 'x', 'y', AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
