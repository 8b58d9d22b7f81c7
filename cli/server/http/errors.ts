import { EngineError } from '../../../lib/docker/index.ts';
import { BerthError, type Code } from '../../../lib/errors/index.ts';
import type { Log } from '../../../lib/platform/index.ts';

/** What a failed request is answered with. */
export interface Refusal {
  status: number;
  body: { code: Code; message: string };
}

const STATUS: Partial<Record<Code, number>> = {
  BERTH_INVALID: 400,
  BERTH_UNAUTHORIZED: 401,
  BERTH_NOT_FOUND: 404,
  BERTH_TOO_LARGE: 413,
  BERTH_COMMAND: 502,
  BERTH_ENGINE: 502,
  BERTH_ENGINE_UNREACHABLE: 503,
  BERTH_STORE_UNAVAILABLE: 503,
  BERTH_TIMEOUT: 504,
};

export const refusal = (code: Code, message: string, status = STATUS[code] ?? 500): Refusal => ({
  status,
  body: { code, message },
});

/** An error in the words of HTTP. Of what nobody expected only the log hears more. */
export function refusalOf(error: unknown, log: Log): Refusal {
  // The engine's word on a container that does not run, or is gone.
  if (error instanceof EngineError && [404, 409].includes(error.statusCode))
    return refusal(error.code, error.message, error.statusCode);
  if (error instanceof BerthError) return refusal(error.code, error.message);
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' && error.statusCode < 500)
    return refusal(error.statusCode === 413 ? 'BERTH_TOO_LARGE' : 'BERTH_INVALID', error.message, error.statusCode);
  log.error({ error: error instanceof Error ? error.stack : String(error) }, 'a request failed');
  return refusal('BERTH_INTERNAL', 'the log of this process says more');
}
