/* The two forms in which H.264 lies in memory, as far as joining stretches of it needs them: "boxed", as in MP4 (each unit
 * behind its length of four bytes; parameter sets in a record, avcC of ISO/IEC 14496-15), and "stream" (start codes; ITU-T
 * H.264, annex B), as our encoder gives it. Pure. */
#ifndef CLIPVAULT_INGEST_WORKER_NAL_H
#define CLIPVAULT_INGEST_WORKER_NAL_H

#include "vault/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *same: whether the record and the stream's units of that kind hold the same parameter sets, byte by byte, in the same order,
 * messages apart; and whether the record is of a form that nal_look and nal_to_stream understand. */
enum err nal_same_sets(const uint8_t *record, size_t record_length, const uint8_t *stream, size_t stream_length, bool *same);

/* False unless a boxed packet consists of whole units that are slices or messages; *idr: each slice belongs to a picture at
 * which decoding can begin. */
bool nal_look(const uint8_t *packet, size_t length, bool *idr);

/* Turns a packet that nal_look accepted into stream form, in place and in length unchanged. */
void nal_to_stream(uint8_t *packet, size_t length);

#endif
