/** Resolves as soon as the signal aborts: at once where it did already. Never rejects; pending as long as it does not abort. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
