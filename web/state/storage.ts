/** What this browser keeps; where it allows no storage at all, things last as long as the page. */
export function browserStorage(): Pick<Storage, 'getItem' | 'setItem'> {
  try {
    const storage = localStorage;
    return {
      getItem: (key) => storage.getItem(key),
      setItem: (key, value) => {
        try {
          storage.setItem(key, value);
        } catch {
          // Full, or forbidden: what should be kept is kept until the page closes.
        }
      },
    };
  } catch {
    return { getItem: () => null, setItem: () => undefined };
  }
}
