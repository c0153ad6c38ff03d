// Nest's default filter replaces every exception by "Internal server error", so that a record that can never succeed
// and a broker that is away would look alike. This one passes the exception on as it is.

import { type ArgumentsHost, Catch, type RpcExceptionFilter } from "@nestjs/common";
import { type Observable, throwError } from "rxjs";

/** Hands every exception of a handler to the engine unchanged. */
@Catch()
export class PassThroughFilter implements RpcExceptionFilter<unknown> {
  catch(exception: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => exception);
  }
}
