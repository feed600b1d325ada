/** Where commands live that an image has beyond the host's: the host's own folders are read-only in a container. */
export const OWN_BIN = '/opt/image/bin';
export const OWN_PATH = `${OWN_BIN}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
