// Generated from crds/namespace.yaml by `npm run generate`. Do not edit.

/**
 * What the tenant may use. (As accepted: defaults filled in; bytes, cores and seconds as numbers.)
 */
export interface NamespaceSpec {
  /**
   * What all containers of the namespace may use together. What is absent is not limited.
   */
  quota?: {
    /**
     * Containers at most.
     */
    containers?: number;
    /**
     * Cores at most (`8`, `500m`). As a number of cores.
     */
    cpus?: number;
    /**
     * Memory at most, in bytes (`16g`). As a number of bytes.
     */
    memory?: number;
  };
  /**
   * Names of the DockerClouds that its applications may use. Empty is all.
   */
  clouds: string[];
  /**
   * Names of the VirtualNetworks that its applications may join. Empty is all. An application that names another starts and changes nothing on it, and says so in its condition `Ready`; what runs there already stays. Networks of the applications' own are always allowed.
   */
  networks: string[];
}
