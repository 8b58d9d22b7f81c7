import type { CreateOptions } from './engine.ts';

const NANO = 1e9;

/** The body of `POST /containers/create`, API 1.41. */
export function createBody(options: CreateOptions): object {
  // Somebody else's namespace brings its own /etc/hosts and host name: the engine refuses ours beside it.
  const joined = options.networkMode.startsWith('container:');
  const { healthCheck: check } = options;
  return {
    ...options.raw?.config,
    ...(joined ? {} : { Hostname: options.hostname }),
    Image: options.image,
    Labels: options.labels,
    Env: Object.entries(options.env).map(([name, value]) => `${name}=${value}`),
    ...(options.command ? { Cmd: options.command } : {}),
    ...(options.entrypoint ? { Entrypoint: options.entrypoint } : {}),
    ...(options.user === undefined ? {} : { User: options.user }),
    StopTimeout: Math.ceil(options.stopGrace),
    ...(check
      ? {
          Healthcheck: {
            Test: check.test,
            Interval: Math.round(check.interval * NANO),
            Timeout: Math.round(check.timeout * NANO),
            Retries: check.retries,
            StartPeriod: Math.round(check.startPeriod * NANO),
          },
        }
      : {}),
    HostConfig: {
      NetworkMode: options.networkMode,
      ...(options.runtime === undefined ? {} : { Runtime: options.runtime }),
      RestartPolicy: { Name: options.restart },
      // 0 is the engine's word for no limit, as it is ours.
      NanoCpus: Math.round(options.cpus * NANO),
      Memory: Math.round(options.memory),
      Binds: options.binds,
      ...(joined
        ? {}
        : {
            ExtraHosts: options.extraHosts.map(({ name, address }) => `${name}:${address}`),
            Dns: options.dns,
            ...(options.dnsSearch ? { DnsSearch: options.dnsSearch } : {}),
          }),
      ...options.raw?.hostConfig,
    },
  };
}
