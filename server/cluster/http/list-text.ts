import { writeItem, writeList } from '../api/serialize.ts';
import type { ResourceInfo } from '../api/scheme/resource-info.ts';
import type { ListResult } from '../api/verbs/read.ts';
import type { KubeObject } from '../store/object.ts';
import { encodeJson } from './answer.ts';

/** Shorter lists are written faster than anything could be remembered of them. */
const LONG = 100;
const ITEMS = '"items":[]';

/** What stored objects look like as items: they never change, so each is written once, however often long lists of them are asked for. */
const written = new WeakMap<KubeObject, Buffer>();

/** A long list as JSON on one line; undefined for a short one, which needs no such care. */
export function encodeLongList(info: ResourceInfo, list: ListResult): Buffer | undefined {
  if (list.items.length < LONG) return undefined;
  const around = encodeJson(writeList(info, { ...list, items: [] }), false);
  // Quotation marks inside of texts are escaped: this is the field itself.
  const at = around.indexOf(ITEMS) + ITEMS.length - 1;
  const comma = Buffer.from(',');
  const parts = list.items.flatMap((item, i) => (i === 0 ? [textOf(info, item)] : [comma, textOf(info, item)]));
  return Buffer.concat([Buffer.from(around.slice(0, at)), ...parts, Buffer.from(around.slice(at))]);
}

function textOf(info: ResourceInfo, item: KubeObject): Buffer {
  const known = written.get(item);
  if (known !== undefined) return known;
  const made = Buffer.from(encodeJson(writeItem(info, item), false).trimEnd());
  if (Object.isFrozen(item)) written.set(item, made);
  return made;
}
