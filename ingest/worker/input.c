#include "ingest/worker/input.h"

#include "ingest/worker/compat.h"
#include "ingest/worker/fault.h"
#include "ingest/worker/kind.h"
#include "ingest/worker/limits.h"
#include "ingest/worker/structure.h"
#include "vault/base/sandbox.h"

#include <libavutil/avstring.h>
#include <libavutil/cpu.h>
#include <libavutil/opt.h>
#include <string.h>

enum { PROBE_BYTES = 16 << 20, MOST_THREADS = 8 };

/* Deliberate lists: what phones, cameras, recorders and browsers write, and nothing that refers to other files. */
static const char formats[] =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,mpegvideo,avi,asf,dv,flv,"
    "wav,aiff,mp3,aac,flac,ogg,amr,"
    "jpeg_pipe,png_pipe,webp_pipe,tiff_pipe,bmp_pipe,gif,apng";
static const char codecs[] =
    "h264,hevc,vp8,vp9,libdav1d,mpeg4,h263,mjpeg,mpeg1video,mpeg2video,wmv1,wmv2,wmv3,vc1,prores,dvvideo,"
    "msmpeg4v1,msmpeg4v2,msmpeg4,flv,"
    "aac,ac3,eac3,mp2,mp2float,mp3,mp3float,opus,vorbis,flac,alac,amrnb,amrwb,wmav1,wmav2,wmapro,"
    "pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be,"
    "pcm_alaw,pcm_mulaw,adpcm_ima_wav,adpcm_ima_qt,adpcm_ms,"
    "png,apng,webp,tiff,bmp,gif";
static const char stills[] = "jpeg_pipe,png_pipe,webp_pipe,tiff_pipe,bmp_pipe,gif,apng";

static int refuse_open(AVFormatContext *format, AVIOContext **pb, const char *url, int flags, AVDictionary **options) {
  (void)format, (void)url, (void)flags, (void)options;
  *pb = NULL;
  return AVERROR(EACCES);
}

/* ---- decoders ---- */

static bool is_listed(const AVCodec *codec) { return !sandbox_has(SANDBOX_FORMATS) || av_match_list(codec->name, codecs, ','); }

static const AVCodec *find_decoder(enum AVCodecID id) {
  void *at = NULL;
  for (const AVCodec *codec = av_codec_iterate(&at); codec; codec = av_codec_iterate(&at))
    if (codec->id == id && av_codec_is_decoder(codec) && is_listed(codec)) return codec;
  return NULL;
}

static void set_decoder(AVCodecContext *decoder, const AVStream *stream) {
  int cpus = av_cpu_count();
  decoder->thread_count = cpus > MOST_THREADS ? MOST_THREADS : cpus;
  decoder->max_pixels = limits_pixels();
  decoder->pkt_timebase = stream->time_base;
  decoder->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT; /* a damaged picture is shown and counted, not left out */
}

enum err input_decoder(const struct input *in, int stream, AVCodecContext **out) {
  const AVStream *st = in->format->streams[stream];
  const AVCodec *codec = find_decoder(st->codecpar->codec_id);
  if (!codec) return err_set(ERR_DATA, "Its coding (%s) is not supported.", avcodec_get_name(st->codecpar->codec_id));
  AVCodecContext *decoder = avcodec_alloc_context3(codec);
  if (!decoder) return err_set(ERR_IO, "out of memory");
  set_decoder(decoder, st);
  int result = avcodec_parameters_to_context(decoder, st->codecpar);
  if (result >= 0) result = avcodec_open2(decoder, codec, NULL);
  if (result < 0) {
    avcodec_free_context(&decoder);
    return fault_set(result, "Its coding cannot be read");
  }
  *out = decoder;
  return ERR_OK;
}

/* ---- opening ---- */

static enum err set_limits(AVFormatContext *format) {
  static const struct {
    enum sandbox_layer layer;
    const char *name, *value;
  } texts[] = {
      {SANDBOX_FORMATS, "format_whitelist", formats},
      {SANDBOX_FORMATS, "codec_whitelist", codecs},
      {SANDBOX_PROTOCOLS, "protocol_whitelist", ""},
  };
  int result = 0;
  for (size_t i = 0; i < sizeof texts / sizeof *texts && result >= 0; i++)
    if (sandbox_has(texts[i].layer)) result = av_opt_set(format, texts[i].name, texts[i].value, 0);
  if (result >= 0) result = av_opt_set_int(format, "probesize", PROBE_BYTES, 0);
  if (result >= 0) result = av_opt_set_int(format, "max_streams", limits_streams(), 0);
  if (result == AVERROR(ENOMEM)) return err_set(ERR_IO, "out of memory");
  return result < 0 ? err_set(ERR_BUG, "cannot limit libavformat") : ERR_OK;
}

/* libav does not know a JPEG by its first bytes if a film lies behind it. NULL: it may find out for itself. */
static enum err known_format(struct source *source, const AVInputFormat **out) {
  uint8_t head[3];
  size_t got;
  TRY(source_read(source, 0, head, sizeof head, &got));
  bool jpeg = got == sizeof head && memcmp(head, "\xff\xd8\xff", sizeof head) == 0;
  *out = jpeg ? av_find_input_format("jpeg_pipe") : NULL;
  return ERR_OK;
}

static enum err open_format(struct input *in, const char *hint) {
  AVFormatContext *format = avformat_alloc_context();
  if (!format) return err_set(ERR_IO, "out of memory");
  in->format = format;
  TRY(set_limits(format));
  if (sandbox_has(SANDBOX_OPENS)) format->io_open = refuse_open;
  format->pb = source_reader(in->source);
  if (!format->pb) return err_set(ERR_IO, "out of memory");
  const char *name = sandbox_has(SANDBOX_NAMELESS) ? NULL : "recording";
  const AVInputFormat *known;
  TRY(known_format(in->source, &known));
  int result = avformat_open_input(&in->format, name, known, NULL); /* frees and clears the context on failure */
  TRY(limits_check_streams());
  if (result < 0) return kind_refuse(in->source, hint);
  return source_check(in->source);
}

static enum err find_streams(struct input *in) {
  unsigned count = in->format->nb_streams;
  AVDictionary **options = av_calloc(count ? count : 1, sizeof(AVDictionary *));
  if (!options) return err_set(ERR_IO, "out of memory");
  for (unsigned i = 0; i < count; i++) av_dict_set_int(&options[i], "max_pixels", limits_pixels(), 0);
  int result = avformat_find_stream_info(in->format, options);
  for (unsigned i = 0; i < count; i++) av_dict_free(&options[i]);
  av_free(options);
  TRY(limits_check_streams());
  if (result < 0) return fault_set(result, "This recording is damaged and cannot be read");
  return source_check(in->source);
}

/* ---- choosing ---- */

/* The camera's main picture: not a cover, flagged default, the most frames, then the most pixels. Phones put a slow,
 * larger one beside it for stills. */
static int64_t score(const AVStream *st) {
  int64_t frames = st->nb_frames > 0 && st->nb_frames < 1 << 20 ? st->nb_frames : 0;
  int64_t pixels = (int64_t)st->codecpar->width * st->codecpar->height;
  if (st->codecpar->codec_type == AVMEDIA_TYPE_AUDIO) pixels = st->codecpar->ch_layout.nb_channels;
  return ((int64_t)((st->disposition & AV_DISPOSITION_DEFAULT) != 0) << 50) + (frames << 28) + (pixels & ((1 << 28) - 1));
}

static bool usable(const AVStream *st, enum AVMediaType type) {
  const AVCodecParameters *p = st->codecpar;
  if (p->codec_type != type || !find_decoder(p->codec_id)) return false;
  if (type == AVMEDIA_TYPE_AUDIO) return p->sample_rate > 0 && p->ch_layout.nb_channels > 0;
  return !(st->disposition & AV_DISPOSITION_ATTACHED_PIC);
}

static int choose(const AVFormatContext *format, enum AVMediaType type) {
  int best = -1;
  for (unsigned i = 0; i < format->nb_streams; i++)
    if (usable(format->streams[i], type) && (best < 0 || score(format->streams[i]) > score(format->streams[best]))) best = (int)i;
  return best;
}

static bool is_still(const AVFormatContext *format) { return av_match_list(format->iformat->name, stills, ','); }

static const char *first_unsupported(const AVFormatContext *format) {
  for (unsigned i = 0; i < format->nb_streams; i++) {
    const AVCodecParameters *p = format->streams[i]->codecpar;
    bool shown = p->codec_type == AVMEDIA_TYPE_VIDEO || p->codec_type == AVMEDIA_TYPE_AUDIO;
    if (shown && p->codec_id != AV_CODEC_ID_NONE && !find_decoder(p->codec_id)) return avcodec_get_name(p->codec_id);
  }
  return NULL;
}

static enum err choose_streams(struct input *in) {
  in->video = choose(in->format, AVMEDIA_TYPE_VIDEO);
  in->audio = choose(in->format, AVMEDIA_TYPE_AUDIO);
  in->media = is_still(in->format) ? WIRE_STILL : in->video >= 0 ? WIRE_FILM : WIRE_AUDIO;
  if (in->media == WIRE_STILL) in->audio = -1;
  for (unsigned i = 0; i < in->format->nb_streams; i++)
    if ((int)i != in->video && (int)i != in->audio) in->format->streams[i]->discard = AVDISCARD_ALL;
  if (in->video >= 0 || in->audio >= 0) return ERR_OK;
  const char *name = first_unsupported(in->format);
  if (name) return err_set(ERR_DATA, "This recording's coding (%s) is not supported.", name);
  return err_set(ERR_DATA, "There is no picture or sound in this file.");
}

/* A track of picture or sound that nobody could make anything of must not vanish without a word. */
static void tell_left_out(struct input *in) {
  for (unsigned i = 0; i < in->format->nb_streams; i++) {
    const AVStream *st = in->format->streams[i];
    bool picture = st->codecpar->codec_type == AVMEDIA_TYPE_VIDEO, sound = st->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
    if ((!picture && !sound) || st->disposition & AV_DISPOSITION_ATTACHED_PIC || usable(st, st->codecpar->codec_type)) continue;
    repair_add(&in->repairs, "a %s track that cannot be read (%s) was left out", picture ? "picture" : "sound",
               avcodec_get_name(st->codecpar->codec_id));
  }
}

/* PNG states its size in a fixed place, and libav hides one it finds too large. */
static enum err check_png(struct source *source) {
  uint8_t head[24];
  size_t got;
  TRY(source_read(source, 0, head, sizeof head, &got));
  struct bytes_reader r = bytes_reader(head, got);
  const uint8_t *start = bytes_get_view(&r, 16);
  uint64_t width = bytes_get_u32be(&r), height = bytes_get_u32be(&r);
  return start && memcmp(start, "\x89PNG\r\n\x1a\n", 8) == 0 ? limits_check_pixels(width, height) : ERR_OK;
}

static enum err check_size(const struct input *in) {
  if (in->video < 0) return ERR_OK;
  const AVCodecParameters *p = in->format->streams[in->video]->codecpar;
  return limits_check_pixels((uint64_t)p->width, (uint64_t)p->height);
}

/* Its base picture is no picture by itself; the others have one that any player shows. */
static enum err check_dolby(const struct input *in) {
  enum { PROFILE_WITHOUT_BASE = 5 };
  int profile = in->video < 0 ? -1 : compat_dolby_profile(in->format->streams[in->video]);
  if (profile != PROFILE_WITHOUT_BASE) return ERR_OK;
  return err_set(ERR_DATA,
                 "This recording is Dolby Vision of profile 5, whose colours are not public; export it as HDR10, HLG or SDR.");
}

enum err input_open(struct source *source, const char *hint, struct input *out) {
  *out = (struct input){.source = source, .video = -1, .audio = -1};
  TRY(kind_check(source));
  TRY(check_png(source));
  enum kind_photo photo;
  TRY(kind_photo(source, &photo));
  out->media = WIRE_STILL;
  struct structure_film film = {0};
  if (photo != KIND_NO_PHOTO) TRY(structure_look_for_film(source, &film, &out->repairs));
  if (photo != KIND_NO_PHOTO) return photo_open(source, film.end, photo == KIND_AVIF, &out->photo);
  TRY(open_format(out, hint));
  TRY(find_streams(out));
  TRY(structure_look(source, &out->repairs));
  TRY(choose_streams(out));
  tell_left_out(out);
  TRY(check_dolby(out));
  return check_size(out);
}

void input_close(struct input *in) {
  avformat_close_input(&in->format);
  photo_free(in->photo);
  in->photo = NULL;
}
