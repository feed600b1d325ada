import { z } from 'zod';

// Argo's content policy has no unsafe-eval, which zod tries for speed as soon as a shape is declared.
z.config({ jitless: true });
