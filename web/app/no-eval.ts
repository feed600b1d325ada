import { z } from 'zod';

// The lab's content policy allows no code made from text, which zod tries for speed as soon as a shape is declared:
// this module is imported before all shapes.
z.config({ jitless: true });
