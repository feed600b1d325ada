import type { AddressInfo, Server } from 'node:net';
import type { ToolResult, Toolbox } from '../program.ts';
import type { ProcessRuntime, ProcessSpec } from './runtime/process-runtime.ts';

/** Bytes kept of what a tool prints. */
const MOST = 64 * 1024;

/** A container of the host's own programs for a program of ours, which lives as long as somebody needs it. */
export async function openToolbox(runtime: ProcessRuntime, spec: Pick<ProcessSpec, 'id' | 'env' | 'layer' | 'mounts'>, signal: AbortSignal): Promise<Toolbox> {
  const box = await runtime.start({ ...spec, argv: ['sleep', 'infinity'], cwd: '/', hostname: 'tools', root: { base: 'host' }, tty: false, stdin: false });
  const servers = new Set<Server>();
  const close = async () => {
    signal.removeEventListener('abort', close);
    for (const server of servers) server.close();
    box.signal('SIGKILL');
    await box.exited;
  };
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) await close();
  return {
    close,
    async run(argv) {
      const process = await box.exec({ argv: [...argv], tty: false, stdin: false });
      const [stdout, stderr] = await Promise.all([textOf(process.stdout), process.stderr === undefined ? '' : textOf(process.stderr)]);
      const { code } = await process.exited;
      return { code, stdout, stderr } satisfies ToolResult;
    },
    async listen() {
      if (box.listen === undefined) throw new Error('the tools have no network of their own');
      const server = await box.listen(0);
      servers.add(server);
      return { server, port: (server.address() as AddressInfo).port };
    },
  };
}

async function textOf(stream: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    if (size < MOST) chunks.push(Buffer.from(chunk));
    size += chunk.length;
  }
  return Buffer.concat(chunks).subarray(0, MOST).toString();
}
