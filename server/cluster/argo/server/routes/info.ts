import type { JsonObject } from '../../../../lib/json.ts';
import type { Route } from '../route.ts';
import { VERSION } from '../version.ts';

const SERVICE = 'info.InfoService';

const modal = (value: string | undefined) => value !== 'false';

export const infoRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/info',
    service: SERVICE,
    rpc: 'GetInfo',
    answer: 'InfoResponse',
    unary: async ({ context }) => {
      const { env, managedNamespace } = context;
      const info: JsonObject = {};
      if (managedNamespace !== '') info['managedNamespace'] = managedNamespace;
      info['modals'] = { feedback: modal(env['FEEDBACK_MODAL']), firstTimeUser: modal(env['FIRST_TIME_USER_MODAL']), newVersion: modal(env['NEW_VERSION_MODAL']) };
      return info;
    },
  },
  { method: 'GET', path: '/api/v1/version', service: SERVICE, rpc: 'GetVersion', answer: 'Version', unary: async () => ({ ...VERSION }) },
  {
    method: 'GET',
    path: '/api/v1/userinfo',
    service: SERVICE,
    rpc: 'GetUserInfo',
    answer: 'GetUserInfoResponse',
    unary: async ({ claims }) => {
      const info: JsonObject = {};
      if (claims?.issuer !== undefined) info['issuer'] = claims.issuer;
      if (claims?.subject !== undefined) info['subject'] = claims.subject;
      if (claims?.groups !== undefined && claims.groups.length > 0) info['groups'] = claims.groups;
      if (claims?.email !== undefined) info['email'] = claims.email;
      if (claims?.emailVerified === true) info['emailVerified'] = true;
      if (claims?.serviceAccountName !== undefined) info['serviceAccountName'] = claims.serviceAccountName;
      if (claims?.serviceAccountNamespace !== undefined) info['serviceAccountNamespace'] = claims.serviceAccountNamespace;
      if (claims?.name !== undefined) info['name'] = claims.name;
      return info;
    },
  },
  { method: 'POST', path: '/api/v1/tracking/event', service: SERVICE, rpc: 'CollectEvent', body: '*', message: 'info.CollectEventRequest', unary: async () => ({}) },
];
