/* Uploads that ended with nothing: given up, or swept because their time was over, by whatever command. Whoever began them and
 * listens to events is told so. */
#ifndef CLIPVAULT_BRIDGE_GONE_H
#define CLIPVAULT_BRIDGE_GONE_H

struct monitor;

/* Looks, where the log has grown since the last time. */
void gone_turn(struct monitor *m);

#endif
