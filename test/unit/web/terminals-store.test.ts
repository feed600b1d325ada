import { describe, expect, it } from 'vitest';
import type { TerminalView } from '../../../server/protocol/rest.ts';
import { LabApi } from '../../../web/state/api.ts';
import { TerminalsStore } from '../../../web/state/terminals-store.ts';

/** Tabs before a lab that opens what it is asked for; `typed`: what went into which terminal. */
function tabs() {
  const typed: string[] = [];
  const opened: TerminalView[] = [];
  const api = new LabApi(async (_path, init) => {
    const wanted: unknown = JSON.parse(String(init.body));
    const name = typeof wanted === 'object' && wanted !== null && 'name' in wanted ? String(wanted.name) : `Terminal ${opened.length + 2}`;
    opened.push({ id: String(opened.length + 2), name, running: true });
    return Response.json(opened.at(-1));
  });
  const store = new TerminalsStore({
    api,
    openSocket: () => {
      throw new Error('no socket is opened');
    },
    run: (tid, code) => void typed.push(`${tid}: ${code}`),
    press: () => undefined,
    focus: () => undefined,
    announce: () => undefined,
    sid: () => 's1',
    fillIn: (code) => code,
    guard: (work) => work('s1'),
  });
  store.work({ type: 'terminals', terminals: [{ id: '1', name: 'Terminal 1', running: true }] });
  return { store, typed };
}

describe('a block that is meant for a machine', () => {
  it('is typed into the terminal in use where that machine has none of its own', async () => {
    const { store, typed } = tabs();
    await store.arrange(undefined, false);
    await store.addTerminal();
    for (const host of ['host01', 'host02', 'node01']) await store.runBlock({ code: host, host });
    expect(typed).toEqual(['2: host01', '2: host02', '2: node01']);
  });

  it('is typed into the one that the author gave to the machine, however that is written', async () => {
    const { store, typed } = tabs();
    await store.arrange({ kind: 'terminal', dashboards: [], terminals: [{ name: 'First', host: 'host01' }, { name: 'Database', host: 'host2' }] }, false);
    expect(store.workspace.value.tabs.map((tab) => tab.name)).toEqual(['Terminal 1', 'First', 'Database']);
    await store.runBlock({ code: 'a', host: 'host02' });
    await store.runBlock({ code: 'b' });
    store.work({ type: 'activate', id: '1' });
    await store.runBlock({ code: 'c', host: 'host01' });
    await store.runBlock({ code: 'd', host: 'host02', terminal: 1 });
    expect(typed).toEqual(['3: a', '3: b', '1: c', '1: d']);
  });
});
