/** A bounded memory of what was made from bytes that never change: the least recently used leaves first. */
export type Cache<T> = { get(key: string): T | undefined; set(key: string, value: T, size: number): void };

/** `limit` in whatever unit `size` is given (bytes, roughly). */
export function newCache<T>(limit: number): Cache<T> {
  const kept = new Map<string, { value: T; size: number }>();
  let held = 0;
  return {
    get(key) {
      const entry = kept.get(key);
      if (!entry) return undefined;
      kept.delete(key);
      kept.set(key, entry);
      return entry.value;
    },
    set(key, value, size) {
      if (size > limit / 4) return;
      held += size - (kept.get(key)?.size ?? 0);
      kept.delete(key);
      kept.set(key, { value, size });
      for (const [oldest, entry] of kept) {
        if (held <= limit) break;
        kept.delete(oldest);
        held -= entry.size;
      }
    },
  };
}
