import { z } from 'zod';

/** A regular expression as an author writes it; a broken one is named when the scenario is loaded, not when it is met. */
export const Pattern = z.string().refine((text) => {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}, 'is no regular expression that JavaScript understands');
