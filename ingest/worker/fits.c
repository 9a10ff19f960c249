#include "ingest/worker/fits.h"

#include <libavcodec/avcodec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_APART_US = 50 * 1000 };

static bool no(char reason[FITS_TEXT], const char *why) {
  snprintf(reason, FITS_TEXT, "%s", why);
  return false;
}

static bool is_plain_profile(int profile) {
  return profile == FF_PROFILE_H264_BASELINE || profile == FF_PROFILE_H264_CONSTRAINED_BASELINE ||
         profile == FF_PROFILE_H264_MAIN || profile == FF_PROFILE_H264_HIGH;
}

static bool is_right_size(const struct fits_picture *f, char reason[FITS_TEXT]) {
  int shorter = f->width < f->height ? f->width : f->height;
  if (shorter < 2 || f->width % 2 || f->height % 2) return no(reason, "its sides are odd");
  if (shorter <= f->most_short) return true;
  snprintf(reason, FITS_TEXT, "larger than %d lines", f->most_short);
  return false;
}

bool fits_picture(const struct fits_picture *f, char reason[FITS_TEXT]) {
  if (f->changed) return no(reason, "the picture is to be changed");
  if (strcmp(f->codec, "h264")) return no(reason, f->codec);
  if (!f->boxed) return no(reason, "not in the form of MP4");
  if (!f->eight_bit_420) return no(reason, "not 8 bits, 4:2:0");
  if (!is_plain_profile(f->profile)) return no(reason, "an unusual profile of H.264");
  if (f->hdr) return no(reason, "HDR");
  if (f->full_range) return no(reason, "full-range colour");
  if (f->interlaced) return no(reason, "interlaced");
  if (f->turned) return no(reason, "stored turned");
  if (f->ratio_num > 0 && f->ratio_num != f->ratio_den) return no(reason, "its pixels are not square");
  if (f->late_us) return no(reason, "the sound begins before it");
  return is_right_size(f, reason);
}

bool fits_sound(const struct fits_sound *f, char reason[FITS_TEXT]) {
  if (f->changed) return no(reason, "the sound is to be changed");
  if (strcmp(f->codec, "aac")) return no(reason, f->codec);
  if (!f->boxed) return no(reason, "not in the form of MP4");
  if (f->profile != FF_PROFILE_AAC_LOW) return no(reason, "not AAC-LC");
  if (f->channels < 1 || f->channels > 2) return no(reason, "more than two channels");
  if (f->sample_rate != 44100 && f->sample_rate != 48000) return no(reason, "neither 44.1 nor 48 kHz");
  if (llabs(f->late_us) > MOST_APART_US) return no(reason, "it begins apart from the picture");
  return true;
}
