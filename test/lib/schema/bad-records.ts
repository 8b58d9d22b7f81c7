import type { Code } from '../../../lib/errors/index.ts';
import type { UserKind } from '../../../lib/schema/index.ts';

/** A record that must be refused: what is put where, and what has to be said about it. */
export interface BadRecord {
  /** What is wrong with it. */
  what: string;
  kind: UserKind;
  /** What follows the kind in the key. */
  id: string;
  value: Buffer;
  code: Code;
  /** `line:column`, where the value is text. */
  at?: string;
  /** Path of the field, as the user wrote it. */
  field?: string;
  /** Part of what the message says was expected, or of what it suggests. */
  expected: string;
}

type Row = [what: string, text: string, code: Code, at: string, field: string, expected: string];

/** Below `spec:`, and the routers in line 7. */
const calicoWithPeers = (peers: string): string =>
  `  location: sandbox\n  network: { provider: calico, calico: { etcd: { endpoints: ["https://e:2379"] } },\n    bgp: { peers: [${peers}] } }`;

/** A DockerCloud with these lines below `spec:`, of which the first is line 5. */
// biome-ignore format: one record a line
const clouds: Row[] = [
  ['an unknown field', '  location: sandbox\n  hostz: {}', 'BERTH_UNKNOWN_FIELD', '6:3', 'spec.hostz', 'did you mean "hosts"?'],
  ['an unknown field further down', '  location: sandbox\n  hosts: { mni: 1 }', 'BERTH_UNKNOWN_FIELD', '6:12', 'spec.hosts.mni', 'did you mean "min"?'],
  ['no location', '  hosts: { min: 1 }', 'BERTH_INVALID', '5:3', 'spec.location', 'a value'],
  ['an empty location', '  location:', 'BERTH_INVALID', '5:12', 'spec.location', 'a value'],
  ['an unknown location', '  location: sandbux', 'BERTH_INVALID', '5:13', 'spec.location', 'did you mean "sandbox"?'],
  ['a location that is a number', '  location: 7', 'BERTH_INVALID', '5:13', 'spec.location', 'byon:(hosts="…")'],
  ['an empty list of locations', '  location: []', 'BERTH_INVALID', '5:13', 'spec.location', 'at least one location'],
  ['an address that is none', '  location: byon:(hosts="10.0.0.1,10.0.0.256")', 'BERTH_INVALID', '5:35', 'spec.location', 'an IP address or a host name'],
  ['a brace that is not closed', `  location: 'byon:(hosts="10.0.0.{1,2-9")'`, 'BERTH_INVALID', '5:34', 'spec.location', 'a "}" that closes it'],
  ['a range backwards', '  location: { driver: byon, hosts: ["10.0.0.{9-2}"] }', 'BERTH_INVALID', '5:46', 'spec.location.hosts[0]', 'a range from less to more'],
  ['a location of too many machines', '  location: byon:(hosts="10.0.{0-255}.{0-255},h")', 'BERTH_INVALID', '5:47', 'spec.location', 'at most 0 more'],
  ['a location of more machines than a record holds', '  location: byon:(hosts="10.0.{0-255}.{0-255}")', 'BERTH_TOO_LARGE', '5:3', 'spec', 'at most 1048576'],
  ['a machine twice', '  location: byon:(hosts="10.0.0.1,10.0.0.1:22")', 'BERTH_INVALID', '5:35', 'spec.location', 'each machine once'],
  ['byon without hosts', '  location: byon', 'BERTH_INVALID', '5:13', 'spec.location', 'hosts="…"'],
  ['an unknown setting of a location', '  location: { driver: hollow, cpu: 4 }', 'BERTH_UNKNOWN_FIELD', '5:31', 'spec.location.cpu', 'did you mean "cpus"?'],
  ['a failure rate above one', '  location: { driver: hollow, failureRate: 2 }', 'BERTH_INVALID', '5:44', 'spec.location.failureRate', 'a share from 0 to 1'],
  ['a location that comes later', '  location: jclouds:aws-ec2:eu-central-1', 'BERTH_NOT_SUPPORTED_YET', '5:13', 'spec.location', 'sandbox'],
  ['a word for a number', '  location: sandbox\n  hosts: { min: two }', 'BERTH_INVALID', '6:17', 'spec.hosts.min', 'a whole number'],
  ['a number below its bound', '  location: sandbox\n  hosts: { min: -1 }', 'BERTH_INVALID', '6:17', 'spec.hosts.min', 'a number >= 0'],
  ['fewer hosts at most than at least', '  location: sandbox\n  hosts: { min: 5, max: 3 }', 'BERTH_INVALID', '6:25', 'spec.hosts.max', 'at least hosts.min, 5'],
  ['a list for a map', '  location: sandbox\n  hosts: [1, 10]', 'BERTH_INVALID', '6:10', 'spec.hosts', 'a map'],
  ['a quantity with a wrong unit', '  location: sandbox\n  machine: { minRam: 4gg }', 'BERTH_INVALID', '6:22', 'spec.machine.minRam', 'bytes such as 4g'],
  ['a fingerprint that is none', '  location: sandbox\n  ssh:\n    hostKeys: { h: abc }', 'BERTH_INVALID', '7:20', 'spec.ssh.hostKeys.h', 'a fingerprint'],
  ['an option that is berth’s own', '  location: sandbox\n  docker:\n    daemon: { tlsverify: false }', 'BERTH_INVALID', '7:15', 'spec.docker.daemon.tlsverify', 'berth does not set itself'],
  ['a pid file, by which berth finds the engine', '  location: sandbox\n  docker:\n    daemon: { pidfile: /run/d.pid }', 'BERTH_INVALID', '7:15', 'spec.docker.daemon.pidfile', 'berth does not set itself'],
  ['an insecure registry that is none', '  location: sandbox\n  docker: { insecureRegistries: ["::::"] }', 'BERTH_INVALID', '6:34', 'spec.docker.insecureRegistries[0]', 'host[:port] or a CIDR'],
  ['an insecure registry that is a URL', '  location: sandbox\n  docker: { insecureRegistries: [a, "http://h:5000"] }', 'BERTH_INVALID', '6:37', 'spec.docker.insecureRegistries[1]', 'host[:port] or a CIDR'],
  ['a port that is none', '  location: sandbox\n  docker: { insecureRegistries: ["h:70000"] }', 'BERTH_INVALID', '6:34', 'spec.docker.insecureRegistries[0]', 'host[:port] or a CIDR'],
  ['an insecure registry in the engine’s own words', '  location: sandbox\n  docker: { daemon: { insecure-registries: ["::::"] } }', 'BERTH_INVALID', '6:45', 'spec.docker.daemon.insecure-registries[0]', 'host[:port] or a CIDR'],
  ['a runtime that is berth’s own', '  location: sandbox\n  docker: { daemon: { runtimes: { berth: { path: /x } } } }', 'BERTH_INVALID', '6:35', 'spec.docker.daemon.runtimes.berth', 'berth does not set itself'],
  ['runtimes that are no map', '  location: sandbox\n  docker: { daemon: { runtimes: [crun] } }', 'BERTH_INVALID', '6:33', 'spec.docker.daemon.runtimes', 'a map'],
  ['registries that are no list', '  location: sandbox\n  docker: { daemon: { insecure-registries: h } }', 'BERTH_INVALID', '6:44', 'spec.docker.daemon.insecure-registries', 'a list'],
  ['a mirror with a port that is none', '  location: sandbox\n  docker: { registryMirrors: ["https://h:99999"] }', 'BERTH_INVALID', '6:31', 'spec.docker.registryMirrors[0]', 'an http or https URL'],
  ['a mirror with a user', '  location: sandbox\n  docker: { registryMirrors: ["https://u:p@h"] }', 'BERTH_INVALID', '6:31', 'spec.docker.registryMirrors[0]', 'an http or https URL'],
  ['a storage driver that is none', '  location: sandbox\n  docker: { storageDriver: overlay3 }', 'BERTH_INVALID', '6:28', 'spec.docker.storageDriver', 'overlay2, fuse-overlayfs'],
  ['a log driver that is none', '  location: sandbox\n  docker: { logDriver: json-fiel }', 'BERTH_INVALID', '6:24', 'spec.docker.logDriver', 'such as json-file'],
  ['an unknown strategy', '  location: sandbox\n  placement: { strategies: [breathFirst] }', 'BERTH_INVALID', '6:29', 'spec.placement.strategies[0]', 'did you mean "breadthFirst"?'],
  ['a strategy without its number', '  location: sandbox\n  placement: { strategies: [maxContainers] }', 'BERTH_INVALID', '6:29', 'spec.placement.strategies[0]', '{maxContainers: n}'],
  ['a strategy that comes later', '  location: sandbox\n  placement: { strategies: [{ label: ssd }] }', 'BERTH_NOT_SUPPORTED_YET', '6:29', 'spec.placement.strategies[0]', 'leastContainers'],
  ['a deletion that does not exist', '  location: sandbox\n  deletion: orphan', 'BERTH_INVALID', '6:13', 'spec.deletion', 'wait or cascade'],
  ['headroom', '  location: sandbox\n  headroom: { containers: 4 }', 'BERTH_NOT_SUPPORTED_YET', '6:13', 'spec.headroom', 'nothing here'],
  ['a zone that is no domain name', '  location: sandbox\n  dns: { zone: Berth. }', 'BERTH_INVALID', '6:16', 'spec.dns.zone', 'without a dot at its end'],
  ['a reverse zone of no address', '  location: sandbox\n  dns: { reverseZones: [64.10.in-addr.arpa, 999.10.in-addr.arpa] }', 'BERTH_INVALID', '6:45', 'spec.dns.reverseZones[1]', '64.10.in-addr.arpa'],
  ['a reverse zone that is longer than an address', '  location: sandbox\n  dns: { reverseZones: [5.4.3.2.1.in-addr.arpa] }', 'BERTH_INVALID', '6:25', 'spec.dns.reverseZones[0]', '64.10.in-addr.arpa'],
  ['a reverse zone with an IPv6 group for a nibble', '  location: sandbox\n  dns: { reverseZones: [2001.ip6.arpa] }', 'BERTH_INVALID', '6:25', 'spec.dns.reverseZones[0]', '64.10.in-addr.arpa'],
  ['a reverse zone that is none', '  location: sandbox\n  dns: { reverseZones: [10.64.0.0/16] }', 'BERTH_INVALID', '6:25', 'spec.dns.reverseZones[0]', '64.10.in-addr.arpa'],
  ['a name server without an address', '  location: sandbox\n  dns: { servers: [{ port: 53 }] }', 'BERTH_INVALID', '6:20', 'spec.dns.servers[0]', 'either address or service'],
  ['a name server’s key without its secret', '  location: sandbox\n  dns: { servers: [{ address: h, key: { name: k } }] }', 'BERTH_INVALID', '6:39', 'spec.dns.servers[0].key', 'either secretFile or secret'],
  ['an algorithm that is none', '  location: sandbox\n  dns: { servers: [{ address: h, key: { name: k, algorithm: hmac-sha265, secret: s } }] }', 'BERTH_INVALID', '6:61', 'spec.dns.servers[0].key.algorithm', 'hmac-sha256'],
  ['a prefix that is not SkyDNS’s', '  location: sandbox\n  dns: { skydns: { prefix: /coredns } }', 'BERTH_INVALID', '6:28', 'spec.dns.skydns.prefix', '/skydns'],
  ['swarm', '  location: sandbox\n  swarm: { enabled: true }', 'BERTH_NOT_SUPPORTED_YET', '6:21', 'spec.swarm.enabled', 'false'],
  ['a network provider that comes later', '  location: sandbox\n  network: { provider: overlay }', 'BERTH_NOT_SUPPORTED_YET', '6:24', 'spec.network.provider', 'linux, calico or cni'],
  ['an encapsulation that the provider does not know', '  location: sandbox\n  network: { encapsulation: vxlan }', 'BERTH_INVALID', '6:29', 'spec.network.encapsulation', 'spec.network.provider calico; it is linux'],
  ['WireGuard where plugins make the network', '  location: sandbox\n  network: { provider: cni, wireguard: true, cni: { plugins: [{ type: ptp }] } }', 'BERTH_INVALID', '6:40', 'spec.network.wireguard', 'spec.network.provider calico; it is cni'],
  ['the provider calico without an etcd', '  location: sandbox\n  network: { provider: calico }', 'BERTH_INVALID', '6:12', 'spec.network.calico', 'etcd.endpoints'],
  ['a router whose selector is none', calicoWithPeers(`{ address: 10.0.0.1, asNumber: 1, hosts: 'rack = "r1"' }`), 'BERTH_INVALID', '7:61', 'spec.network.bgp.peers[0].hosts', 'a selector of Calico’s'],
  ['a router whose selector closes a bracket of berth’s', calicoWithPeers(`{ address: 10.0.0.1, asNumber: 1, hosts: 'has(a)) || (has(b)' }`), 'BERTH_INVALID', '7:61', 'spec.network.bgp.peers[0].hosts', 'a selector of Calico’s'],
  ['a router whose selector is blank', calicoWithPeers(`{ address: 10.0.0.1, asNumber: 1, hosts: ' ' }`), 'BERTH_INVALID', '7:61', 'spec.network.bgp.peers[0].hosts', 'a selector of Calico’s'],
  ['a router twice', calicoWithPeers('{ address: "fd00::1", asNumber: 1 }, { address: "FD00:0::1", asNumber: 2 }'), 'BERTH_INVALID', '7:68', 'spec.network.bgp.peers[1].address', 'each router once'],
  ['a router whose address is none', calicoWithPeers('{ address: 10.0.0.256, asNumber: 1 }'), 'BERTH_INVALID', '7:31', 'spec.network.bgp.peers[0].address', 'an IP address'],
  ['a client certificate of etcd without its key', '  location: sandbox\n  network: { provider: calico, calico: { etcd: { endpoints: ["https://e:2379"], certFile: /c } } }', 'BERTH_INVALID', '6:91', 'spec.network.calico.etcd.certFile', 'certFile and keyFile together'],
  ['the provider cni without plugins', '  location: sandbox\n  network: { provider: cni }', 'BERTH_INVALID', '6:12', 'spec.network.cni', 'plugins'],
  ['a plugin without a type', '  location: sandbox\n  network: { provider: cni, cni: { plugins: [{ bridge: b }] } }', 'BERTH_INVALID', '6:46', 'spec.network.cni.plugins[0].type', 'the name of a plugin’s program'],
  ['an MTU where plugins know it', '  location: sandbox\n  network: { provider: cni, mtu: 1400, cni: { plugins: [{ type: ptp }] } }', 'BERTH_INVALID', '6:34', 'spec.network.mtu', 'spec.network.provider cni'],
  ['a network provider that does not exist', '  location: sandbox\n  network: { provider: weave }', 'BERTH_INVALID', '6:24', 'spec.network.provider', 'linux, calico, overlay or cni'],
  ['a tab for indentation', '  location: sandbox\n  hosts:\n\tmin: 1', 'BERTH_SYNTAX', '7:1', '', 'Tabs are not allowed'],
  ['a field twice', '  location: sandbox\n  location: localhost', 'BERTH_SYNTAX', '6:3', '', 'stands there twice'],
];

/** Ten of ten of ten: a line each, a million values in the last. */
// biome-ignore format: fits a line as it is
const bomb = ['a: &a [1,1,1,1,1,1,1,1,1,1]', ...['ab', 'bc', 'cd', 'de', 'ef', 'fg'].map(([last, name]) => `${name}: &${name} [${Array(10).fill(`*${last}`).join(',')}]`)].join('\n');

/** A bare blueprint: these lines from line 1. */
// biome-ignore format: one record a line
const blueprints: Row[] = [
  ['broken YAML', 'location: c\nservices: [{type: docker:redis:3', 'BERTH_SYNTAX', '2:33', '', '}'],
  ['broken JSON', '{"location": "c", "services": [', 'BERTH_SYNTAX', '1:32', '', ']'],
  ['an empty value', '', 'BERTH_INVALID', '1:1', '', 'an Application'],
  ['nothing but a comment', '# later\n', 'BERTH_INVALID', '1:1', '', 'an Application'],
  ['a list at the top', '- type: docker:redis:3', 'BERTH_INVALID', '1:1', '', 'a map'],
  ['a text at the top', 'redis', 'BERTH_INVALID', '1:1', '', 'a map'],
  ['two documents', 'location: c\nservices: [{type: docker:a}]\n---\nlocation: d', 'BERTH_SYNTAX', '3:1', '', 'one'],
  ['a tag that nobody knows', 'location: !java c\nservices: [{type: docker:a}]', 'BERTH_SYNTAX', '1:11', '', '!java'],
  ['an alias of nothing', 'location: *c\nservices: [{type: docker:a}]', 'BERTH_SYNTAX', '1:11', '', 'an alias of nothing'],
  ['aliases that unfold without end', bomb, 'BERTH_TOO_LARGE', '5:29', '', 'too many values'],
  ['lists in lists in lists', '['.repeat(100) + ']'.repeat(100), 'BERTH_SYNTAX', '1:66', '', 'nested more than 64 deep'],
  ['no services', 'location: c', 'BERTH_INVALID', '1:1', 'services', 'a value'],
  ['an empty list of services', 'location: c\nservices: []', 'BERTH_INVALID', '2:11', 'services', 'at least 1'],
  ['a service that is a text', 'location: c\nservices: [redis]', 'BERTH_INVALID', '2:12', 'services[0]', 'a map with a type'],
  ['no cloud', 'services: [{type: docker:a}]', 'BERTH_INVALID', '1:1', 'location', 'the name of a DockerCloud'],
  ['a cloud whose name is none', 'location: My Cloud\nservices: [{type: docker:a}]', 'BERTH_INVALID', '1:11', 'location', 'the name of a DockerCloud'],
  ['two clouds', 'locations: [a, b]\nservices: [{type: docker:a}]', 'BERTH_NOT_SUPPORTED_YET', '1:16', 'locations[1]', 'one'],
  ['a machine location', 'location: jclouds:aws-ec2:eu-west-1\nservices: [{type: docker:a}]', 'BERTH_NOT_SUPPORTED_YET', '1:11', 'location', 'the name of a DockerCloud'],
  ['a service without a type', 'location: c\nservices:\n- id: a', 'BERTH_INVALID', '3:3', 'services[0].type', 'docker:redis:3'],
  ['a type that comes later', 'location: c\nservices:\n- type: org.apache.brooklyn.entity.nosql.RedisStore', 'BERTH_NOT_SUPPORTED_YET', '3:9', 'services[0].type', 'docker:'],
  ['a type without docker:', 'location: c\nservices:\n- type: redis:3', 'BERTH_INVALID', '3:9', 'services[0].type', 'did you mean "docker:redis:3"?'],
  ['a bad image', 'location: c\nservices:\n- type: docker:Redis:3', 'BERTH_INVALID', '3:16', 'services[0].type', 'an image such as redis:3'],
  ['an image with a bad tag', 'location: c\nservices:\n- type: docker:redis:-3', 'BERTH_INVALID', '3:16', 'services[0].type', 'an image such as redis:3'],
  ['an id that is no name', 'location: c\nservices:\n- type: docker:a\n  id: Web_1', 'BERTH_INVALID', '4:7', 'services[0].id', 'at most 58 characters'],
  ['an id twice', 'location: c\nservices:\n- {type: docker:a, id: x}\n- {type: docker:b, id: x}', 'BERTH_INVALID', '4:24', 'services[1].id', 'each id once'],
  ['two services without an id', 'location: c\nservices:\n- type: docker:a\n- type: docker:b/a:2', 'BERTH_INVALID', '4:9', 'services[1].type', 'give one an id'],
  ['an unknown key of a service', 'location: c\nservices:\n- type: docker:a\n  openPort: 80', 'BERTH_UNKNOWN_FIELD', '4:3', 'services[0].openPort', 'did you mean "openPorts"?'],
  ['an unknown key of the blueprint', 'location: c\nservice: []\nservices: [{type: docker:a}]', 'BERTH_UNKNOWN_FIELD', '2:1', 'service', 'did you mean "services"?'],
  ['a port that is none', 'location: c\nservices:\n- type: docker:a\n  openPorts: [80, 65536]', 'BERTH_INVALID', '4:19', 'services[0].openPorts[1]', 'a port from 1 to 65535'],
  ['a protocol that is none', 'location: c\nservices:\n- type: docker:a\n  openPorts: 80/sctp', 'BERTH_INVALID', '4:14', 'services[0].openPorts', '/udp'],
  ['a port clash', 'location: c\nservices:\n- type: docker:a\n  directPorts: 80\n  mappedPorts: { 80: 8080 }', 'BERTH_INVALID', '5:16', 'services[0].mappedPorts', 'each host port once'],
  ['a mapping that is none', 'location: c\nservices:\n- type: docker:a\n  mappedPorts: { http: 8080 }', 'BERTH_INVALID', '4:24', 'services[0].mappedPorts.http', 'host port to container port'],
  ['a variable without a value', 'location: c\nservices:\n- type: docker:a\n  env: [DEBUG]', 'BERTH_INVALID', '4:9', 'services[0].env[0]', 'NAME=value'],
  ['a variable that is a list', 'location: c\nservices:\n- type: docker:a\n  env: { A: [1] }', 'BERTH_INVALID', '4:13', 'services[0].env.A', 'a text'],
  ['a volume without a target', 'location: c\nservices:\n- type: docker:a\n  volumes: [/data]', 'BERTH_INVALID', '4:13', 'services[0].volumes[0]', 'source:target'],
  ['a command with an open quote', `location: c\nservices:\n- type: docker:a\n  command: sh -c 'exit`, 'BERTH_INVALID', '4:18', 'services[0].command', 'a closing quote'],
  ['a label that is berth’s own', 'location: c\nservices:\n- type: docker:a\n  labels: { io.berth.uid: x }', 'BERTH_INVALID', '4:13', 'services[0].labels["io.berth.uid"]', 'does not begin with io.berth.'],
  ['a restart policy that is none', 'location: c\nservices:\n- type: docker:a\n  restart: sometimes', 'BERTH_INVALID', '4:12', 'services[0].restart', 'unless-stopped'],
  ['memory that Docker refuses', 'location: c\nservices:\n- type: docker:a\n  memory: 4', 'BERTH_INVALID', '4:11', 'services[0].memory', 'at least 6m'],
  ['a fraction of a replica', 'location: c\nservices:\n- type: docker:a\n  replicas: 1.5', 'BERTH_INVALID', '4:13', 'services[0].replicas', 'a whole number'],
  ['a time that is none', 'location: c\nservices:\n- type: docker:a\n  stopGrace: soon', 'BERTH_INVALID', '4:14', 'services[0].stopGrace', 'a time such as 5m'],
  ['a health check without a test', 'location: c\nservices:\n- type: docker:a\n  healthCheck: { interval: 5s }', 'BERTH_INVALID', '4:16', 'services[0].healthCheck.test', 'a value'],
  ['a link to nobody', 'location: c\nservices:\n- {type: docker:a, links: {x: bb}}\n- {type: docker:b, id: bbb}', 'BERTH_INVALID', '3:31', 'services[0].links.x', 'did you mean "bbb"?'],
  ['a loop of links', 'location: c\nservices:\n- {type: docker:a, links: [b]}\n- {type: docker:b, links: {x: $brooklyn:component("a")}}', 'BERTH_CYCLE', '4:31', 'services[1].links.x', 'a → b → a'],
  ['a link to itself', 'location: c\nservices:\n- {type: docker:a, links: {me: a}}', 'BERTH_CYCLE', '3:32', 'services[0].links.me', 'a → a'],
  ['a key in both places', 'location: c\nservices:\n- type: docker:a\n  replicas: 1\n  brooklyn.config: { replicas: 2 }', 'BERTH_INVALID', '5:22', 'services[0]["brooklyn.config"].replicas', 'beside type or here'],
  ['policies', 'location: c\nservices:\n- type: docker:a\n  brooklyn.policies: [{ policyType: x }]', 'BERTH_NOT_SUPPORTED_YET', '4:22', 'services[0]["brooklyn.policies"]', 'the default, []'],
  ['a network whose name is none', 'location: c\nservices:\n- type: docker:a\n  networks: [default, n.x.y]', 'BERTH_INVALID', '4:23', 'services[0].networks[1]', 'at most 63 characters'],
  ['a network that is joined twice', 'location: c\nservices:\n- type: docker:a\n  networks: [a, a]', 'BERTH_INVALID', '4:17', 'services[0].networks[1]', 'each network once'],
  ['no network at all', 'location: c\nservices:\n- type: docker:a\n  networks: []', 'BERTH_INVALID', '4:13', 'services[0].networks', 'at least one network'],
  ['networks in two ways', 'location: c\nservices:\n- type: docker:a\n  network: a\n  brooklyn.config: { network.list: [b] }', 'BERTH_INVALID', '5:36', 'services[0]["brooklyn.config"]["network.list"]', 'one of the two'],
  ['a network without a networkId', 'location: c\nservices:\n- type: brooklyn.networking.VirtualNetwork', 'BERTH_INVALID', '3:3', 'services[0].networkId', 'its name within the application'],
  ['a networkId twice', 'location: c\nservices:\n- {type: brooklyn.networking.VirtualNetwork, networkId: a}\n- {type: brooklyn.networking.VirtualNetwork, id: b, networkId: a}', 'BERTH_INVALID', '4:64', 'services[1].networkId', 'each networkId once'],
  ['a network called as a service', 'location: c\nservices:\n- type: docker:a\n- {type: brooklyn.networking.VirtualNetwork, networkId: a}', 'BERTH_INVALID', '4:10', 'services[1].type', 'give one an id'],
  ['a network whose full name is too long', `location: c\nservices:\n- type: brooklyn.networking.VirtualNetwork\n  networkId: ${'x'.repeat(52)}`, 'BERTH_INVALID', '4:14', 'services[0].networkId', 'at most 51'],
  ['a range of a network that is none', 'location: c\nservices:\n- type: clocker.docker.networking.entity.VirtualNetwork\n  networkId: a\n  brooklyn.config: { cidr: 10.1.0.9/24 }', 'BERTH_INVALID', '5:28', 'services[0]["brooklyn.config"].cidr', 'this one is 10.1.0.0/24'],
  ['a name server of a network by name', 'location: c\nservices:\n- type: brooklyn.networking.VirtualNetwork\n  networkId: a\n  dnsServers: [10.0.0.1, dns]', 'BERTH_INVALID', '5:26', 'services[0].dnsServers[1]', 'an IP address'],
  ['a port of a network', 'location: c\nservices:\n- type: brooklyn.networking.VirtualNetwork\n  networkId: a\n  openPorts: 80', 'BERTH_UNKNOWN_FIELD', '5:3', 'services[0].openPorts', 'networkId'],
  ['a network of OpenStack', 'location: c\nservices:\n- type: brooklyn.networking.OpenStackVirtualNetwork\n  networkId: a', 'BERTH_NOT_SUPPORTED_YET', '3:9', 'services[0].type', 'brooklyn.networking.VirtualNetwork'],
  ['a number that is none', 'location: c\nservices:\n- type: docker:a\n  cpus: .inf', 'BERTH_INVALID', '4:9', '', 'not a number'],
];

/** A VirtualNetwork with these lines below `spec:`, of which the first is line 5. */
// biome-ignore format: one record a line
const networks: Row[] = [
  ['host bits', '  cidr: 10.1.0.9/24', 'BERTH_INVALID', '5:9', 'spec.cidr', 'this one is 10.1.0.0/24'],
  ['no range', '  cidr: 10.1.0.0', 'BERTH_INVALID', '5:9', 'spec.cidr', 'a range such as 192.168.34.0/24'],
  ['half of all addresses', '  cidr: 0.0.0.0/1', 'BERTH_INVALID', '5:9', 'spec.cidr', 'a prefix length of 8 to 32'],
  ['link-local addresses', '  cidr: 169.254.1.0/24', 'BERTH_INVALID', '5:9', 'spec.cidr', 'hosts do not use themselves'],
  ['more than link-local addresses', '  cidr: 169.0.0.0/8', 'BERTH_INVALID', '5:9', 'spec.cidr', 'hosts do not use themselves'],
  ['a gateway elsewhere', '  cidr: 10.1.0.0/24\n  gateway: 10.2.0.1', 'BERTH_INVALID', '6:12', 'spec.gateway', 'an address in 10.1.0.0/24'],
  ['a gateway of no range', '  gateway: 10.2.0.1', 'BERTH_INVALID', '5:12', 'spec.gateway', 'a cidr as well'],
  ['a gateway by name', '  cidr: 10.1.0.0/24\n  gateway: gw', 'BERTH_INVALID', '6:12', 'spec.gateway', 'an IP address'],
  ['blocks larger than the range', '  cidr: 10.1.0.0/24\n  blockSize: 22', 'BERTH_INVALID', '6:14', 'spec.blockSize', 'at least 24'],
  ['blocks of IPv6', '  cidr: 10.1.0.0/24\n  blockSize: 122', 'BERTH_INVALID', '6:14', 'spec.blockSize', '20 to 32 for IPv4'],
  ['blocks of IPv4', '  cidr: fd00::/64\n  blockSize: 26', 'BERTH_INVALID', '6:14', 'spec.blockSize', '116 to 128 for IPv6'],
  ['a pool within the range', '  cidr: 10.1.0.0/24\n  pools: [10.1.0.128/25]', 'BERTH_INVALID', '6:11', 'spec.pools[0]', 'not overlap with 10.1.0.0/24'],
  ['a bad name of a network', '  allowFrom: [web-net, a.b]', 'BERTH_INVALID', '5:24', 'spec.allowFrom[1]', '<namespace>.<application>.<network>'],
  ['a network twice', '  allowFrom: [web, web]', 'BERTH_INVALID', '5:20', 'spec.allowFrom[1]', 'each network once'],
  ['a name server by name', '  dnsServers: [dns]', 'BERTH_INVALID', '5:16', 'spec.dnsServers[0]', 'an IP address'],
  ['an MTU too small for IPv6', '  cidr: fd00::/64\n  mtu: 1200', 'BERTH_INVALID', '6:8', 'spec.mtu', 'at least 1280'],
  ['an unknown field of a network', '  cdir: 10.1.0.0/24', 'BERTH_UNKNOWN_FIELD', '5:3', 'spec.cdir', 'did you mean "cidr"?'],
];

const whole = (kind: string, spec: string) =>
  `apiVersion: berth/v1\nkind: ${kind}\nmetadata: { name: bad }\nspec:\n${spec}\n`;

const row =
  (kind: UserKind, id: string, text: (written: string) => string) =>
  ([what, written, code, at, field, expected]: Row): BadRecord => ({
    what,
    kind,
    id,
    value: Buffer.from(text(written)),
    code,
    at,
    ...(field === '' ? {} : { field }),
    expected,
  });

const blueprint = 'location: c\nservices: [{ type: docker:a }]\n';

const records: BadRecord[] = [
  ...clouds.map(row('dockerclouds', 'bad', (spec) => whole('DockerCloud', spec))),
  ...blueprints.map(row('applications', 'default/bad', (text) => text)),
  ...(
    [
      ['another kind', whole('Application', '  location: sandbox'), 'BERTH_INVALID', '2:7', 'kind', 'DockerCloud'],
      [
        'another version',
        whole('DockerCloud', '  location: sandbox').replace('v1', 'v2'),
        'BERTH_INVALID',
        '1:13',
        'apiVersion',
        'berth/v1',
      ],
      [
        'another name than the key',
        whole('DockerCloud', '  location: sandbox').replace('bad', 'other'),
        'BERTH_INVALID',
        '3:19',
        'metadata.name',
        'as in the key',
      ],
      ['no spec', 'apiVersion: berth/v1\nkind: DockerCloud\n', 'BERTH_INVALID', '1:1', 'spec', 'a value'],
      ['nothing but a kind', 'kind: DockerCloud\n', 'BERTH_INVALID', '1:1', 'spec', 'a value'],
      [
        'a status',
        `${whole('DockerCloud', '  location: sandbox')}status: {}\n`,
        'BERTH_UNKNOWN_FIELD',
        '6:1',
        'status',
        'apiVersion, kind, metadata or spec',
      ],
    ] satisfies Row[]
  ).map(row('dockerclouds', 'bad', (text) => text)),
  ...networks.map(row('virtualnetworks', 'bad', (lines) => whole('VirtualNetwork', lines))),
  row(
    'namespaces',
    'bad',
    (text) => text,
  )([
    'a quota',
    whole('Namespace', '  quota: { memory: 4g }'),
    'BERTH_NOT_SUPPORTED_YET',
    '5:10',
    'spec.quota',
    'nothing here',
  ]),
  {
    what: 'a value of 1.4 MB',
    kind: 'applications',
    id: 'default/bad',
    value: Buffer.from(`# ${'x'.repeat(1_400_000)}\n${blueprint}`),
    code: 'BERTH_TOO_LARGE',
    expected: 'at most 1048576',
  },
  {
    what: 'a value nested without end',
    kind: 'applications',
    id: 'default/bad',
    value: Buffer.from(`# not composed\na: ${'['.repeat(100_000)}`),
    code: 'BERTH_SYNTAX',
    at: '2:69',
    expected: 'nested more than 64 deep',
  },
  {
    what: 'a value of too many parts',
    kind: 'applications',
    id: 'default/bad',
    value: Buffer.from(`a: [${'1,'.repeat(150_000)}]`),
    code: 'BERTH_TOO_LARGE',
    expected: 'at most 200000',
  },
  {
    what: 'binary garbage',
    kind: 'applications',
    id: 'default/bad',
    value: Buffer.from([0x1f, 0x8b, 0x08, 0x00, 0xff, 0xfe, 0x80]),
    code: 'BERTH_SYNTAX',
    expected: 'YAML or JSON',
  },
  {
    what: 'a control character',
    kind: 'applications',
    id: 'default/bad',
    value: Buffer.from('location: c\nname: "a\0b"\n'),
    code: 'BERTH_SYNTAX',
    at: '2:9',
    expected: 'YAML or JSON',
  },
  {
    what: 'a name with a slash',
    kind: 'applications',
    id: 'default/bad/worse',
    value: Buffer.from(blueprint),
    code: 'BERTH_BAD_KEY',
    expected: 'applications/<namespace>/<name>',
  },
  {
    what: 'an application without a namespace',
    kind: 'applications',
    id: 'bad',
    value: Buffer.from(blueprint),
    code: 'BERTH_BAD_KEY',
    expected: 'applications/<namespace>/<name>',
  },
  {
    what: 'a name in capitals',
    kind: 'applications',
    id: 'default/Bad',
    value: Buffer.from(blueprint),
    code: 'BERTH_BAD_KEY',
    expected: 'a–z',
  },
  {
    what: 'a cloud with a dot in its name',
    kind: 'dockerclouds',
    id: 'bad.cloud',
    value: Buffer.from(whole('DockerCloud', '  location: sandbox')),
    code: 'BERTH_BAD_KEY',
    expected: 'a–z',
  },
  ...['a.b', 'a.b.c', 'Bad', 'bad/worse'].map(
    (id): BadRecord => ({
      what: `a network that is called ${id}`,
      kind: 'virtualnetworks',
      id,
      value: Buffer.from('kind: VirtualNetwork'),
      code: 'BERTH_BAD_KEY',
      expected: id === 'bad/worse' ? 'virtualnetworks/<name>' : 'a–z',
    }),
  ),
  {
    what: 'names too long for a network',
    kind: 'applications',
    id: `${'n'.repeat(30)}/${'a'.repeat(30)}`,
    value: Buffer.from(blueprint),
    code: 'BERTH_BAD_KEY',
    expected: 'at most 54 characters together',
  },
];

/** Bad values under names of their own; bad names stay as they are. */
function unique(record: BadRecord, i: number): BadRecord {
  if (!/(^|\/)bad$/.test(record.id) || record.code === 'BERTH_BAD_KEY') return record;
  // As many characters as before, so that columns stay.
  const name = `b${i.toString(36).padStart(2, '0')}`;
  return {
    ...record,
    id: record.id.replace(/bad$/, name),
    value: Buffer.from(record.value.toString('latin1').replace('{ name: bad }', `{ name: ${name} }`), 'latin1'),
  };
}

/** Records that must be refused. Each id is used once, so that all of them can be put into one store. */
export const badRecords: readonly BadRecord[] = records.map(unique);
