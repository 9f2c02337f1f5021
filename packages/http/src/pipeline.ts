import type { Vocabulary } from '@phi/rbac'
import { routeOf } from './checked-route.ts'
import { breakGlass } from './decision/break-glass.ts'
import type { BreakGlassOptions, PipelineOptions, SignInOptions } from './options.ts'
import type { Handler, RouteOptions } from './route.ts'
import { handlerOf, runRoute } from './run.ts'
import { notFoundRoute, sessionRoute } from './session/session-route.ts'
import { signIn } from './session/sign-in.ts'
import { signOut } from './session/sign-out.ts'
import { stepUp } from './session/step-up.ts'
import { settingsOf } from './settings.ts'

/** Makes routes that all take the same steps: see `steps`. */
export interface Pipeline<Words extends Vocabulary, Tx> {
  /** A route of your own. @throws PhiError PHI_HTTP_ROUTE for an action, a type or a combination that cannot work */
  route<Body = undefined, Query = Readonly<Record<string, string>>>(options: RouteOptions<Words, Tx, Body, Query>): Handler
  /**
   * POST `{ "idToken": … }`: begins a session, and records the sign-in, also the one that failed.
   * @throws PhiError PHI_HTTP_OPTIONS
   */
  signIn(options: SignInOptions): Handler
  /** POST: ends the session of the token, also of an old one. Twice is once: the second answer is the same. */
  signOut(): Handler
  /**
   * POST `{ "idToken": … }`: takes over a newer sign-in of the same person after a challenge (RFC 9470).
   * @throws PhiError PHI_HTTP_OPTIONS
   */
  stepUp(options: Pick<SignInOptions, 'verify'>): Handler
  /**
   * POST `{ "patient", "reason" }`: emergency access, 45 CFR 164.312(a)(2)(ii). Recorded before it opens anything.
   * @throws PhiError PHI_HTTP_OPTIONS
   */
  breakGlass(options: BreakGlassOptions): Handler
  /** GET: how long the session lasts, without counting as a touch of a record. It does count as activity. */
  session(): Handler
  /** What answers for every path that is no route, so that it looks like a record that is not there. */
  notFound(): Handler
}

/**
 * Opens the pipeline of a service.
 * @throws PhiError PHI_HTTP_OPTIONS
 */
export function openPipeline<Words extends Vocabulary, Tx = never>(options: PipelineOptions<Words, Tx>): Pipeline<Words, Tx> {
  const settings = settingsOf(options)
  return Object.freeze({
    route<Body, Query>(given: RouteOptions<Words, Tx, Body, Query>): Handler {
      const route = routeOf(settings, given)
      return handlerOf(settings, { action: route.auditAs, type: route.on }, (x) => runRoute(x, route))
    },
    signIn: (given: SignInOptions) => handlerOf(settings, { action: 'login' }, signIn(given)),
    signOut: () => handlerOf(settings, { action: 'logout' }, signOut()),
    stepUp: (given: Pick<SignInOptions, 'verify'>) => handlerOf(settings, { action: 'mfa' }, stepUp(given)),
    breakGlass: (given: BreakGlassOptions) => handlerOf(settings, { action: 'break-glass' }, breakGlass(given)),
    session: () => handlerOf(settings, { action: 'read' }, sessionRoute()),
    notFound: () => handlerOf(settings, { action: 'read' }, notFoundRoute()),
  })
}
