/* H.264 as it lies in MP4 and Matroska: packets of units, each behind its length; parameter sets in a record of their own.
 * What is not picture — messages, delimiters, filling, private units — is told apart here and left out of a copy. Pure; the
 * layouts are ISO/IEC 14496-15's (avcC) and ITU-T H.264's (unit types, 7.4.1). */
#ifndef CLIPVAULT_INGEST_WORKER_UNITS_H
#define CLIPVAULT_INGEST_WORKER_UNITS_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct units {
  const uint8_t *record; /* borrowed: the parameter sets as they came */
  size_t record_length;
  int length_bytes; /* before each unit: 1, 2, 4 */
};

/* False if this is no such record, or an empty one. */
bool units_open(const uint8_t *record, size_t length, struct units *out);

struct units_seen {
  bool picture; /* slices are in it */
  bool idr;     /* and each of them of a picture with which decoding can begin */
  bool changes; /* parameter sets other than those of the record */
  bool plain;   /* units_clean would change nothing */
};

/* False if the packet is not made of whole units. */
bool units_look(const struct units *u, const uint8_t *packet, size_t length, struct units_seen *out);

/* Appends the packet's slices and nothing else, each behind four bytes of length. */
enum err units_clean(const struct units *u, const uint8_t *packet, size_t length, struct bytes *out);

/* Appends a record with the same parameter sets and nothing else, for packets of units_clean. 8 bits, 4:2:0. */
enum err units_record(const struct units *u, struct bytes *out);

#endif
