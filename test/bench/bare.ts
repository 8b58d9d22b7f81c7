import type { CreateOptions, Engine } from '../../lib/docker/index.ts';

/** What berth is measured against: the same image as a plain container on Docker's own bridge. */
const plain = (name: string): CreateOptions => ({
  name,
  image: 'redis:3',
  hostname: name,
  labels: {},
  env: {},
  networkMode: 'bridge',
  restart: 'unless-stopped',
  stopGrace: 10,
  cpus: 0,
  memory: 0,
  binds: [],
  extraHosts: [],
  dns: [],
});

/** `docker create` and `docker start`, over the connection that berth itself uses. @returns the id */
export async function createAndStart(engine: Engine, name: string): Promise<string> {
  const id = await engine.create(plain(name));
  await engine.start(id);
  return id;
}

/** @throws where redis in the container does not answer */
export async function expectAnswer(engine: Engine, id: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const { stdout } = await engine.exec(id, ['redis-cli', 'ping']);
    if (stdout.trim() === 'PONG') return;
  }
  throw new Error(`redis in ${id} does not answer`);
}
