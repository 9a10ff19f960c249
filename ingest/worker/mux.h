/* The playable file: at most one picture and one sound track in an MP4, written through the sink.
 *
 * Its header needs both encoders; packets that come before both are known are kept. A track that turns out empty is
 * given up instead of added. */
#ifndef CLIPVAULT_INGEST_WORKER_MUX_H
#define CLIPVAULT_INGEST_WORKER_MUX_H

#include "vault/base/err.h"

#include <libavcodec/avcodec.h>
#include <stdbool.h>
#include <stdint.h>

enum mux_track { MUX_PICTURE, MUX_SOUND };

struct mux;

enum err mux_open(bool picture, bool sound, struct mux **out);

/* The track's encoder is open (its parameters are copied). */
enum err mux_add(struct mux *m, enum mux_track track, const AVCodecContext *encoder);
/* The track comes from the source as it is: how it is to be decoded (copied), what its timestamps count, and for a picture its
 * rate. */
enum err mux_add_copied(struct mux *m, enum mux_track track, const AVCodecParameters *coded, AVRational time_base,
                        AVRational frame_rate);
/* There will be no such track. */
enum err mux_give_up(struct mux *m, enum mux_track track);

/* Timestamps in the encoder's time base. Takes the packet's content. */
enum err mux_packet(struct mux *m, enum mux_track track, AVPacket *packet);

/* How long the longer track is so far. */
int64_t mux_duration_ms(const struct mux *m);

/* Writes what is left and the index. ERR_DATA if there is no track at all. */
enum err mux_finish(struct mux *m);

void mux_free(struct mux *m);
static inline void mux_auto(struct mux **m) { mux_free(*m); }

#endif
