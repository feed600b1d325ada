/** Resolves at Ctrl-C or SIGTERM. Later ones are ignored: a wrapper often sends the same signal again, and stopping has a deadline. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  });
}

/** A signal that aborts then; its reason names what was sent. */
export function whenStopped(): AbortSignal {
  const controller = new AbortController();
  void stopSignal().then((signal) => controller.abort(new Error(`stopped by ${signal}`)));
  return controller.signal;
}
