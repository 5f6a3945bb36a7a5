/** What an error says in the language spoken: its words lie beside the errors, in core/contract/errors. */
import type { AppError } from '../../core/contract/result.ts';
import { sayError, type Said } from '../../core/contract/errors/say.ts';
import { language } from './live.ts';

export const said = (error: AppError): Said => sayError(error, language());
