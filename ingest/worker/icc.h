/* Colour profiles of photographs, as far as they matter: telephones store Display P3, whose numbers mean stronger colours than
 * those of sRGB that every viewer assumes when no profile is there (the copy carries none). ICC.1:2010, 7.3 and 10.31. Pure. */
#ifndef CLIPVAULT_INGEST_WORKER_ICC_H
#define CLIPVAULT_INGEST_WORKER_ICC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether this profile, of any content, has the primaries of Display P3. Its curve is sRGB's. */
bool icc_is_display_p3(const uint8_t *profile, size_t length);

#endif
