import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConsole } from '../../../../server/cluster/kubelet/images/minio/console.ts';
import { Notifications } from '../../../../server/cluster/kubelet/images/minio/notifications.ts';
import { BucketStore } from '../../../../server/cluster/kubelet/images/minio/object-store.ts';
import { ManualClock } from '../../../../server/lib/clock.ts';
import { seededIds } from '../../../../server/lib/ids.ts';

let store: BucketStore;
let server: Server;
let base: string;
let told: string[];

beforeEach(async () => {
  store = new BucketStore();
  store.create('reports', 0);
  told = [];
  const clock = new ManualClock(Date.parse('2026-11-23T09:00:00Z'));
  const notifications = new Notifications(clock, 'admin');
  notifications.emit = (event) => void told.push(`${event.name} ${event.bucket}/${event.key}`);
  const pages = createConsole({ store, notifications, credentials: { accessKey: 'admin', secretKey: 'password' }, clock, ids: seededIds() });
  server = createServer((request, response) => void pages(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const get = (path: string) => fetch(base + path, { redirect: 'manual' });
const post = (path: string, fields: Record<string, string>) => fetch(base + path, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
const signIn = async () => (await post('/login', { user: 'admin', password: 'password' })).headers.get('location') ?? '';

describe('the object store’s pages', () => {
  it('show nothing to whoever has not signed in', async () => {
    expect((await post('/login', { user: 'admin', password: 'wrong' })).status).toBe(403);
    for (const path of ['/browser', '/s/guess/browser', '/s/guess/browser/reports']) {
      const answer = await get(path);
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/login']);
    }
    await post('/s/guess/browser', { name: 'stolen' });
    expect(store.has('stolen')).toBe(false);
  });

  it('take a file, list it, give it back, and delete it', async () => {
    const reports = `${await signIn()}/reports`;
    const form = new FormData();
    form.append('file', new File(['a,b\n'], 'one.csv', { type: 'text/csv' }));
    const sent = await fetch(`${base}${reports}/upload?prefix=2026/`, { method: 'POST', body: form, redirect: 'manual' });
    expect([sent.status, sent.headers.get('location')]).toEqual([303, `${reports}?prefix=2026%2F`]);
    expect(store.get('reports', '2026/one.csv')).toMatchObject({ body: Buffer.from('a,b\n'), contentType: 'text/csv', modified: Date.parse('2026-11-23T09:00:00Z') });
    expect(await (await get(`${reports}?prefix=2026/`)).text()).toContain('one.csv');
    const given = await get(`${reports}/object?key=2026/one.csv`);
    expect([given.headers.get('content-disposition'), await given.text()]).toEqual(["attachment; filename*=UTF-8''one.csv", 'a,b\n']);
    await post(`${reports}/delete`, { key: '2026/one.csv' });
    expect(store.get('reports', '2026/one.csv')).toBeUndefined();
    expect(told).toEqual(['s3:ObjectCreated:Put reports/2026/one.csv', 's3:ObjectRemoved:Delete reports/2026/one.csv']);
  });

  it('make and remove buckets, and say why not', async () => {
    const browser = await signIn();
    expect((await post(browser, { name: 'new-one' })).status).toBe(303);
    expect(store.has('new-one')).toBe(true);
    expect((await post(browser, { name: 'new-one' })).status).toBe(409);
    expect((await post(browser, { name: '../x' })).status).toBe(400);
    store.put('reports', 'a', Buffer.from(''), 'text/plain', {}, 0);
    expect((await post(`${browser}/reports/remove`, {})).status).toBe(409);
    expect((await post(`${browser}/new-one/remove`, {})).status).toBe(303);
    expect(store.has('new-one')).toBe(false);
  });

  it('show names as text, and nothing more once signed out', async () => {
    const browser = await signIn();
    store.put('reports', '<img src=x onerror=alert(1)>".txt', Buffer.from(''), 'text/plain', {}, 0);
    const answer = await get(`${browser}/reports`);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await answer.text()).not.toContain('<img');
    await post(browser.replace(/browser$/, 'logout'), {});
    expect((await get(browser)).headers.get('location')).toBe('/login');
  });

  it('refuse what is no form, and what is too long', async () => {
    const reports = `${await signIn()}/reports`;
    expect((await fetch(`${base}${reports}/upload`, { method: 'POST', body: 'x', redirect: 'manual' })).status).toBe(400);
    const tooLong = await fetch(`${base}${reports}/upload`, { method: 'POST', body: Buffer.alloc(33 * 1024 * 1024), redirect: 'manual' }).then((answer) => answer.status, () => 'cut off');
    expect([413, 'cut off']).toContain(tooLong);
    expect(store.list('reports', { prefix: '', delimiter: '', after: '', limit: 10 }).objects).toEqual([]);
  });
});
