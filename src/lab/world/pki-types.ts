/** Signing as the world needs it: real keys and certificates, made elsewhere. */
export interface KubePki {
  /** A new key and a request signed with it. */
  readonly createRequest: (request: CertificateRequestContent) => string;
  /** Why kube-controller-manager would not sign it; null = it would. */
  readonly servingFault: (
    requestPem: string,
    username: string,
    usages: readonly string[],
  ) => string | null;
  /** Signs what the request says, as kube-controller-manager does. @returns PEM. */
  readonly signServing: (requestPem: string, fromMs: number, toMs: number) => string;
  readonly signKubeletClient: KubePki['signServing'];
}

export interface CertificateRequestContent {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly uris?: readonly string[];
  readonly emails?: readonly string[];
  /** RSA 1024 instead of P-256. */
  readonly hasWeakKey?: boolean;
}

export interface KeyPair {
  readonly certPem: string;
  readonly keyPem: string;
}

/** Everything secret of a lab. Made lazily, kept for the life of the lab. */
export interface LabPki extends KubePki {
  /** The authorities of a cluster that somebody founds with secrets of his own. @throws Error: they are none. */
  readonly adopt: (authorities: ClusterAuthorities) => void;
  readonly talosCaPem: string;
  /** With Talos' own PEM label, as a machine configuration carries it. */
  readonly talosCaKeyPem: () => string;
  /** O=os:admin; the key carries Talos' own PEM label. */
  readonly talosAdmin: () => KeyPair;
  /** Any role, e.g. `os:reader`, and any validity, e.g. an expired one. */
  readonly talosClient: (role: string | readonly string[], validity?: Validity) => KeyPair;
  /** Ordinary PKCS#8 label, for node:tls. */
  readonly talosServer: (hostname: string, ipAddresses: readonly string[]) => KeyPair;
  /** Self-signed by a throw-away CA, as in maintenance mode. */
  readonly talosMaintenance: (hostname: string, ipAddresses: readonly string[]) => KeyPair;
  readonly kubeCaPem: string;
  readonly kubeCaKeyPem: () => string;
  readonly kubeServer: () => KeyPair;
  readonly kubeClient: (user: string, groups: readonly string[], validity?: Validity) => KeyPair;
  readonly kubeAdmin: (validity?: Validity) => KeyPair;
  readonly pveCaPem: string;
  /** Default: of the host that the lab's clients speak to. */
  readonly pveServer: (host?: { readonly name: string; readonly address: string }) => KeyPair;
}

/** PEM. */
export interface ClusterAuthorities {
  readonly talos: { readonly certPem: string; readonly keyPem: string };
  readonly kube: { readonly certPem: string; readonly keyPem: string };
}

export interface Validity {
  readonly fromMs: number;
  readonly toMs: number;
}
