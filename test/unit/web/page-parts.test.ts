import { describe, expect, it } from 'vitest';
import type { ScenarioCard } from '../../../server/protocol/rest.ts';
import { arrangementOf, rememberArrangement, rememberedArrangement } from '../../../web/state/arrangement.ts';
import { allCards, findCards, noFilter, providersFor } from '../../../web/state/overview.ts';
import { piecesOf, sentence } from '../../../web/app/text.tsx';
import { keysOf } from '../../../web/state/terminals-store.ts';
import { clockTime, eventAfter, parseCast } from '../../../web/player/cast.ts';
import { Player } from '../../../web/player/player.ts';

const lines = (...values: unknown[]) => values.map((value) => JSON.stringify(value)).join('\n');

describe('a recording', () => {
  it('is read from asciicast v2, long pauses cut as its header says', () => {
    const cast = parseCast(lines({ version: 2, width: 80, height: 24, idle_time_limit: 1, title: 'T' }, [0.5, 'o', 'a'], [0.6, 'i', 'typed'], [60, 'm', 'Step 1'], [60.5, 'r', '100x30'], [60.5, 'o', 'b']));
    expect(cast).toEqual({
      columns: 80,
      rows: 24,
      title: 'T',
      events: [
        { at: 0.5, type: 'output', data: 'a' },
        { at: 2.1, type: 'resize', columns: 100, rows: 30 },
        { at: 2.1, type: 'output', data: 'b' },
      ],
      markers: [{ at: 1.6, label: 'Step 1' }],
      duration: 2.1,
    });
  });

  it('is read from asciicast v3, whose times count from the event before', () => {
    const cast = parseCast(lines({ version: 3, term: { cols: 80, rows: 24 } }, [0.5, 'o', 'a'], [0.25, 'o', 'b']));
    expect([cast.columns, cast.events.map((event) => event.at)]).toEqual([80, [0.5, 0.75]]);
  });

  it('ends where it was broken off, and is refused where it is none', () => {
    expect(parseCast(`${lines({ version: 2, width: 80, height: 24 }, [0.5, 'o', 'a'])}\n[1, "o", "b`).duration).toBe(0.5);
    expect(() => parseCast('hello')).toThrow('This is no recording');
    expect(() => parseCast(lines({ version: 2, width: 80, height: 24 }, ['x'], [1, 'o', 'a']))).toThrow('Line 2 of the recording is not understood.');
  });

  it('knows where each moment is', () => {
    const cast = parseCast(lines({ version: 2, width: 80, height: 24 }, [1, 'o', 'a'], [1, 'o', 'b'], [2, 'o', 'c']));
    expect([0, 1, 1.5, 2, 9].map((at) => eventAfter(cast, at))).toEqual([0, 2, 2, 3, 3]);
    expect([0, 61, 600].map(clockTime)).toEqual(['0:00', '1:01', '10:00']);
  });
});

describe('a player', () => {
  const cast = parseCast(lines({ version: 2, width: 80, height: 24 }, [0, 'm', 'one'], [1, 'o', 'a'], [2, 'm', 'two'], [2, 'o', 'b'], [3, 'o', 'c']));
  const start = () => {
    let now = 0;
    let due: (() => void) | undefined;
    let shown = '';
    const timers = { now: () => now, after: (_ms: number, fn: () => void) => ((due = fn), () => (due = undefined)) };
    const player = new Player(cast, { reset: () => (shown = ''), resize: () => undefined, write: (data) => (shown += data) }, timers);
    const pass = (ms: number) => {
      now += ms;
      due?.();
    };
    return { player, pass, shown: () => shown };
  };

  it('draws what is due, at its speed, and stops at the end', () => {
    const { player, pass, shown } = start();
    player.play();
    pass(1000);
    expect([player.at.value, shown()]).toEqual([1, 'a']);
    player.speed.value = 4;
    pass(250);
    expect([player.at.value, shown()]).toEqual([2, 'ab']);
    pass(10_000);
    expect([player.at.value, shown(), player.playing.value]).toEqual([3, 'abc', false]);
  });

  it('draws anew from the beginning when it goes back', () => {
    const { player, shown } = start();
    player.seek(3);
    player.seek(1.5);
    expect(shown()).toBe('a');
  });

  it('goes from part to part', () => {
    const { player } = start();
    player.toMarker(1);
    const there = player.at.value;
    player.toMarker(1);
    const end = player.at.value;
    player.toMarker(-1);
    expect([there, end, player.at.value]).toEqual([2, 3, 0]);
  });

  it('begins again when it is played at the end', () => {
    const { player, pass, shown } = start();
    player.seek(3);
    player.play();
    pass(1000);
    expect([player.at.value, shown()]).toEqual([1, 'a']);
  });
});

it('makes a sentence of what the lab says', () => {
  expect(['the node did not boot', 'Docker is not running.', 'see `docker ps`', 'is it?', ''].map(sentence)).toEqual(['The node did not boot.', 'Docker is not running.', 'See `docker ps`', 'Is it?', '']);
});

describe('the keys that a page presses', () => {
  it.each([
    ['^C', [3]],
    ['^D', [4]],
    ['^ESC', [27]],
    ['^esc:q!', [27, 58, 113, 33]],
    ['^[', [27]],
    ['^?', [127]],
    ['q', [113]],
  ])('%s', (text, bytes) => {
    expect([...keysOf(text)]).toEqual(bytes);
  });
});

describe('the arrangement of a page', () => {
  const storage = () => {
    const kept = new Map<string, string>();
    return { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
  };

  it('begins as the author wants', () => {
    const layout = { dashboards: [], terminals: [] };
    expect([arrangementOf(undefined), arrangementOf({ ...layout, kind: 'ide' }), arrangementOf({ ...layout, kind: 'terminal-terminal' }), arrangementOf({ ...layout, kind: 'terminal', textHidden: true })]).toEqual([
      { text: true, editor: false, split: false },
      { text: true, editor: true, split: false },
      { text: true, editor: false, split: true },
      { text: false, editor: false, split: false },
    ]);
  });

  it('is remembered for each scenario, the latest hundred', () => {
    const kept = storage();
    for (let i = 0; i < 101; i++) rememberArrangement(kept, `s${i}`, { text: true, editor: i === 100, split: false });
    expect([rememberedArrangement(kept, 's0'), rememberedArrangement(kept, 's100')]).toEqual([undefined, { text: true, editor: true, split: false }]);
  });
});

describe('the overview', () => {
  const card = (id: string, title: string, more: Partial<ScenarioCard> = {}): ScenarioCard => ({ type: 'scenario', id, title, description: '', steps: 1, done: [], finished: false, ...more });
  const cards = allCards({
    courses: [
      {
        id: 'c',
        title: 'Kubernetes',
        description: '',
        items: [card('c/a', 'Résumé of pods'), card('c/b', 'Services', { description: 'Reach pods.', needs: [{ id: 'docker', title: 'Docker', met: false }] }), { type: 'course', course: { id: 'd', title: 'Helm', description: '', items: [card('c/d/a', 'Charts'), { type: 'broken', id: 'c/d/b', title: 'pods broken', problems: [] }] } }],
      },
    ],
  });
  const ids = (filter: Partial<typeof noFilter>) => findCards(cards, { ...noFilter, ...filter }).map((found) => found.card.id);

  it('finds by every word in title, description, course or id, titles first', () => {
    expect([ids({ text: 'pods' }), ids({ text: 'HELM kube' }), ids({ text: 'resume' }), ids({ text: 'nothing' })]).toEqual([['c/d/b', 'c/a', 'c/b'], ['c/d/a', 'c/d/b'], ['c/a'], []]);
  });

  it('keeps to what this machine can run, or to what is broken', () => {
    expect([ids({ runnable: true }), ids({ broken: true })]).toEqual([['c/a', 'c/d/a'], ['c/d/b']]);
  });

  it('offers the other providers that fit, and none where a session is open or no cluster is needed', () => {
    const providers = [
      { id: 'embedded', title: 'embedded', available: true, default: true },
      { id: 'kind', title: 'kind', available: false, default: false },
    ];
    const offered = (more: Partial<ScenarioCard>) => providersFor(card('x', 'X', more), providers).map((provider) => provider.id);
    expect([offered({}), offered({ providers: [] }), offered({ session: 's1' }), offered({ providers: ['kind'] })]).toEqual([['kind'], [], [], ['kind']]);
  });
});

describe('a text of the lab', () => {
  it('has code, addresses to follow, and addresses inside the session, which are not on the reader’s machine', () => {
    expect(piecesOf('Run: curl http://localhost:2746/api/v1/info, or see https://example.com/x. `code`')).toEqual([
      { kind: 'plain', text: 'Run: curl ' },
      { kind: 'code', text: 'http://localhost:2746/api/v1/info' },
      { kind: 'plain', text: ', or see ' },
      { kind: 'link', text: 'https://example.com/x' },
      { kind: 'plain', text: '. ' },
      { kind: 'code', text: 'code' },
    ]);
  });

  it.each([
    ['Run: curl -i http://localhost:2746/api/v1 -H "Authorization: $ARGO_TOKEN"', 'curl -i http://localhost:2746/api/v1 -H "Authorization: $ARGO_TOKEN"'],
    ['Find its name with argo list --status Failed, then: argo delete NAME', 'argo delete NAME'],
    ['argo cron suspend report', 'argo cron suspend report'],
    ['Run: KUBECONFIG=/dev/null argo list', 'KUBECONFIG=/dev/null argo list'],
    ['ARGO_TOKEN="Bearer $(kubectl create token jenkins)"', 'ARGO_TOKEN="Bearer $(kubectl create token jenkins)"'],
    ['kubectl and argo speak to Kubernetes directly. Use curl.', undefined],
    ['kubectl apply wants a fixed name: use kubectl create.', undefined],
    ['Change it (kubectl edit, or delete it), then check again.', undefined],
    ['Expected: 3', undefined],
    ['kubectl is missing on this machine: install it (https://kubernetes.io/docs/tasks/tools/) and start the lab again.', undefined],
  ])('shows a command at its end as code: %s', (text, command) => {
    const pieces = piecesOf(text);
    expect(pieces.map((piece) => piece.text).join('')).toBe(text);
    expect(pieces.find(({ kind }) => kind === 'code')?.text).toBe(command);
  });

  it('tells addresses inside the session from others', () => {
    expect(piecesOf('http://localhost.example.com http://127.0.0.1:80').map(({ kind }) => kind)).toEqual(['link', 'plain', 'code']);
  });
});
