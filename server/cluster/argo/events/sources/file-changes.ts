/** What is known of the files of a folder, by name; times are milliseconds. */
export type Snapshot = ReadonlyMap<string, { inode: number; size: number; written: number; changed: number }>;

/** What can happen to a file, with the number that an event's payload gives for it. */
export const OPERATIONS = { CREATE: 1, WRITE: 2, REMOVE: 4, RENAME: 8, CHMOD: 16 } as const;
export type Operation = keyof typeof OPERATIONS;

export interface Change {
  name: string;
  operation: Operation;
}

/** What has happened between two looks at a folder: a file that has another name now was renamed, and one of that name created. */
export function changesBetween(before: Snapshot, after: Snapshot): Change[] {
  const inodes = new Set([...after.values()].map(({ inode }) => inode));
  const changes: Change[] = [];
  for (const [name, { inode }] of before) if (!after.has(name)) changes.push({ name, operation: inodes.has(inode) ? 'RENAME' : 'REMOVE' });
  for (const [name, file] of after) {
    const old = before.get(name);
    if (old === undefined || old.inode !== file.inode) {
      changes.push({ name, operation: 'CREATE' });
      // What is in it was written after it was made.
      if (file.size > 0 && ![...before.values()].some(({ inode }) => inode === file.inode)) changes.push({ name, operation: 'WRITE' });
    } else if (old.size !== file.size || old.written !== file.written) changes.push({ name, operation: 'WRITE' });
    else if (old.changed !== file.changed) changes.push({ name, operation: 'CHMOD' });
  }
  return changes;
}
