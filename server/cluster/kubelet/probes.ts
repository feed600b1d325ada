import type { Duplex } from 'node:stream';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Container, Probe } from '../controllers/runtime/kinds.ts';
import { askGrpc } from './grpc-probe.ts';
import { askHttp, urlOf } from './http-probe.ts';
import type { RunningContainer } from './running-container.ts';

export type ProbeKind = 'startup' | 'readiness' | 'liveness';
/** `warning`: good enough, but something is odd. `code`: how the command of an exec probe ended. */
export type ProbeResult = { ok: true; warning?: string } | { ok: false; output: string; code?: number };

export interface ProbeTarget {
  podIP: string;
  container: Container;
  running: RunningContainer;
  dial: (port: number) => Promise<Duplex>;
}

/** A probe that fails right after the start is asked again soon, without being counted: processes need a moment. */
const WARM_UP_MS = 1000;
const WARM_UP_STEP_MS = 50;

/** Ends what is being asked, for its time is over; may say better than others what was waited for. */
export type StopAsking = () => string | undefined;

/** Asks one probe once. Never rejects. */
export async function askProbe(probe: Probe, target: ProbeTarget, clock: Clock): Promise<ProbeResult> {
  const timeout = (probe.timeoutSeconds ?? 1) * 1000;
  let cancel = () => {};
  let onTimeout: StopAsking = () => undefined;
  const late = new Promise<ProbeResult>((resolve) => {
    cancel = clock.after(timeout, () => {
      resolve({ ok: false, output: onTimeout() ?? lateMessage(probe, target, timeout) });
    });
  });
  const ask = async (): Promise<ProbeResult> => {
    if (probe.exec !== undefined) return askExec(probe.exec.command ?? [], target, (stop) => (onTimeout = stop));
    if (probe.httpGet !== undefined) return askHttp(probe.httpGet, target, (stop) => (onTimeout = stop));
    if (probe.grpc !== undefined) return askGrpc(probe.grpc, target, timeout, (stop) => (onTimeout = stop));
    if (probe.tcpSocket !== undefined) return askTcp(portOf(probe.tcpSocket.port, target.container), target);
    return { ok: true };
  };
  try {
    return await Promise.race([ask().catch((error: unknown): ProbeResult => ({ ok: false, output: messageOf(error) })), late]);
  } finally {
    cancel();
  }
}

async function askExec(command: string[], { running }: ProbeTarget, onTimeout: (stop: StopAsking) => void): Promise<ProbeResult> {
  const process = await running.exec({ argv: command, tty: false, stdin: false });
  onTimeout(() => void process.signal('SIGKILL'));
  let output = '';
  const gather = (chunk: Buffer | string) => {
    if (output.length < 10_240) output += chunk.toString();
  };
  process.stdout.on('data', gather);
  process.stderr?.on('data', gather);
  const { code } = await process.exited;
  return code === 0 ? { ok: true } : { ok: false, output, code };
}

async function askTcp(port: number, target: ProbeTarget): Promise<ProbeResult> {
  try {
    (await target.dial(port)).destroy();
    return { ok: true };
  } catch {
    return { ok: false, output: `dial tcp ${target.podIP}:${port}: connect: connection refused` };
  }
}

function lateMessage(probe: Probe, target: ProbeTarget, timeout: number): string {
  if (probe.exec !== undefined) return `command timed out: "${(probe.exec.command ?? []).join(' ')}" timed out after ${timeout / 1000}s`;
  if (probe.httpGet !== undefined) return `Get "${urlOf(probe.httpGet, target)}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`;
  if (probe.grpc !== undefined) return `timeout: failed to connect service "${target.podIP}:${probe.grpc.port}" within ${timeout / 1000}s: context deadline exceeded`;
  return `dial tcp ${target.podIP}:${portOf(probe.tcpSocket?.port ?? 0, target.container)}: i/o timeout`;
}

export function portOf(port: number | string, container: Container): number {
  const number = Number(port);
  if (Number.isInteger(number) && number > 0) return number;
  const named = container.ports?.find((p) => p.name === port);
  if (named === undefined) throw new Error(`strconv.Atoi: parsing "${port}": invalid syntax`);
  return named.containerPort;
}

/** What a probe's course means to the container. */
export interface ProbeEvents {
  /** The verdict changed, by the probe's thresholds. */
  verdict(kind: ProbeKind, ok: boolean): void;
  /** A counted failure, in the words of the event. */
  failed(kind: ProbeKind, output: string): void;
  /** It passed, but oddly. */
  warned(kind: ProbeKind, warning: string): void;
}

const TITLES: Record<ProbeKind, string> = { startup: 'Startup', readiness: 'Readiness', liveness: 'Liveness' };

export function probeTitle(kind: ProbeKind): string {
  return TITLES[kind];
}

/** Asks a probe again and again until the signal aborts. */
export function startProbe(kind: ProbeKind, probe: Probe, target: ProbeTarget, clock: Clock, events: ProbeEvents, signal: AbortSignal): void {
  const period = Math.max(1, probe.periodSeconds ?? 10) * 1000;
  const failureThreshold = probe.failureThreshold ?? 3;
  const successThreshold = probe.successThreshold ?? 1;
  const initialDelay = (probe.initialDelaySeconds ?? 0) * 1000;
  // What is up at once is asked at once; until its delay is over, a failure still does not count.
  const delay = target.running.instant && kind !== 'liveness' ? 0 : initialDelay;
  const warmUpEnd = clock.now() + initialDelay + Math.min(WARM_UP_MS, period);
  let successes = 0;
  let failures = 0;
  let verdict: boolean | undefined = kind === 'liveness' ? true : undefined;
  let cancel = clock.after(delay, () => void ask());
  signal.addEventListener('abort', () => cancel(), { once: true });

  const ask = async (): Promise<void> => {
    const result = await askProbe(probe, target, clock);
    if (signal.aborted) return;
    const warmingUp = !result.ok && kind !== 'liveness' && successes === 0 && failures === 0 && clock.now() < warmUpEnd;
    if (warmingUp) {
      cancel = clock.after(WARM_UP_STEP_MS, () => void ask());
      return;
    }
    if (result.ok) {
      if (result.warning !== undefined) events.warned(kind, result.warning);
      successes += 1;
      failures = 0;
      if (successes >= successThreshold && verdict !== true) events.verdict(kind, (verdict = true));
    } else {
      failures += 1;
      successes = 0;
      events.failed(kind, result.output);
      if (failures >= failureThreshold) {
        if (verdict !== false || kind === 'liveness') events.verdict(kind, (verdict = false));
        failures = 0;
      }
    }
    if (!signal.aborted && !(kind === 'startup' && verdict === true)) cancel = clock.after(period, () => void ask());
  };
}
