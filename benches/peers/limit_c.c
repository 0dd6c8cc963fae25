/* The hand-written limit for mix32: what one machine can do when nothing but this mix matters.
 *
 *     limit_c PARAMETERS OUT.wav [THREADS [STEMS]]
 *
 * With STEMS, a folder that exists, what each track adds to the mix is written there as well, as a
 * 32-bit float file.
 *
 * PARAMETERS is a small text file, one item a line (peer_limit_c.py writes it from session.json):
 *
 *     rate HZ                                      of the session and of every file
 *     band HZ DB Q                                 RBJ peaking equaliser, at most 4
 *     comp THRESHOLD_DB RATIO ATTACK_MS RELEASE_MS
 *     ceiling DB
 *     track GAIN_DB PAN PATH                       any number of 24-bit stereo WAV files
 *
 * A vector holds the left and right samples of LANES / 2 tracks, so filters and envelopes, which
 * cannot be vectorised along time, run side by side. Missing tracks and bands are padded with
 * silence and flat bands. A file shorter than the longest one ends in silence.
 *
 * What it does per sample and track: the bands in series (transposed direct form II); the larger
 * magnitude of the two channels into a one-pole peak envelope; gain computer without a knee in
 * the log2 domain; level and equal-power pan. Then a sum, a clip at the ceiling, 24 bits without
 * dither. Partial sums of the groups are added in their order: threads do not change a bit.
 *
 * The width follows the target the compiler was given: 16 lanes with AVX-512, 8 with AVX, else 4
 * (-DLANES=16 overrides it; wider than the registers is slower, gcc then falls back to
 * element-wise comparisons and shuffles).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef LANES
#if defined __AVX512F__
#define LANES 16
#elif defined __AVX__
#define LANES 8
#else
#define LANES 4
#endif
#endif
#ifndef MAP_POPULATE
#define MAP_POPULATE 0
#endif

enum {
    BANDS = 4,
    PER_GROUP = LANES / 2,
    BLOCK = 256,   /* frames filtered while they are hot in the first-level cache */
    CHUNK = 16384, /* frames summed and written at a time */
    FRAME_BYTES = 6,
    HEADER_BYTES = 44,
    STEM_FRAME_BYTES = 8,
    MAX_THREADS = 64
};

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef int32_t ivec __attribute__((vector_size(4 * LANES)));
typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef int32_t words4 __attribute__((vector_size(16)));
typedef float floats4 __attribute__((vector_size(16)));

struct track {
    const uint8_t *pcm;
    long frames;
    int stem;
    float (*chunk)[2]; /* of the stem; null where there is none */
};

struct group {
    struct track track[PER_GROUP];
    vec z1[BANDS], z2[BANDS], envelope, gain;
    float sum[CHUNK][2];
};

static struct {
    vec b0[BANDS], b1[BANDS], b2[BANDS], a1[BANDS], a2[BANDS];
    float attack, release, threshold_log2, slope, ceiling;
    int rate, groups, threads, out;
    const char *stems;
    long frames;
    struct group *group;
} mix;

static void die(const char *format, ...) {
    va_list list;
    va_start(list, format);
    fputs("limit_c: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    exit(2);
}

/* ---- vector helpers ------------------------------------------------------------------------ */

static inline __attribute__((always_inline)) vec splat(float x) { return (vec){0} + x; }

static inline __attribute__((always_inline)) vec pick(ivec mask, vec yes, vec no) {
    return (vec)((mask & (ivec)yes) | (~mask & (ivec)no));
}

static inline __attribute__((always_inline)) vec larger(vec a, vec b) { return pick(a > b, a, b); }

static inline __attribute__((always_inline)) vec other_channel(vec x) {
#if LANES == 16
    return __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
#elif LANES == 8
    return __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6);
#else
    return __builtin_shufflevector(x, x, 1, 0, 3, 2);
#endif
}

/* Polynomials fitted for the smallest largest error with both ends of the octave exact, so that
 * they are continuous: log2 within 1.6e-5, exp2 within 3.4e-6 relative. As gains, -100 dB. */
static inline __attribute__((always_inline)) vec log2_positive(vec x) {
    ivec bits = (ivec)x;
    vec exponent = __builtin_convertvector((bits >> 23) - 127, vec);
    vec m = (vec)((bits & 0x7fffff) | 0x3f800000) - 1.0f;
    vec q = ((0.04514903f * m - 0.14842660f) * m + 0.26717940f) * m - 0.44191703f;
    return exponent + m * (1.0f + (m - 1.0f) * q);
}

static inline __attribute__((always_inline)) vec exp2_above_minus_126(vec x) {
    vec shifted = x + 127.0f;
    ivec whole = __builtin_convertvector(shifted, ivec);
    vec r = shifted - __builtin_convertvector(whole, vec);
    vec q = (0.01355575f * r + 0.06558812f) * r + 0.30696788f;
    return (vec)(whole << 23) * (1.0f + r * (1.0f + (r - 1.0f) * q));
}

/* ---- samples ------------------------------------------------------------------------------- */

/* Two frames at a time: the bytes of four samples to the tops of four words. Reads 16 bytes of which
 * up to 10 lie behind the frames that count; open_track maps a spare page for them. */
static inline void two_frames_from_24(const uint8_t *pcm, float *first, float *second) {
    bytes16 packed, zero = {0};
    memcpy(&packed, pcm, 16);
    words4 words = (words4)__builtin_shufflevector(packed, zero, 16, 0, 1, 2, 16, 3, 4, 5, 16, 6, 7,
                                                   8, 16, 9, 10, 11);
    floats4 samples = __builtin_convertvector(words, floats4) * (1.0f / 2147483648.0f);
    memcpy(first, &samples, 8);
    memcpy(second, (const char *)&samples + 8, 8);
}

static inline void sample_to_24(uint8_t *bytes, float x) {
    float scaled = x * 8388608.0f;
    scaled = scaled > 8388607.0f ? 8388607.0f : scaled < -8388608.0f ? -8388608.0f : scaled;
    int32_t whole = (int32_t)lrintf(scaled);
    bytes[0] = (uint8_t)whole;
    bytes[1] = (uint8_t)(whole >> 8);
    bytes[2] = (uint8_t)(whole >> 16);
}

/* Frames at..at + count of every track of the group; silence behind a track's end. One row more
 * than count may be written. */
static void decode(const struct group *g, long at, int count, float block[BLOCK + 1][LANES]) {
    for (int k = 0; k < PER_GROUP; k++) {
        const struct track *t = &g->track[k];
        long left = t->frames - at;
        int have = left < 0 ? 0 : left < count ? (int)left : count;
        for (int i = 0; i < have; i += 2)
            two_frames_from_24(t->pcm + (at + i) * FRAME_BYTES, block[i] + 2 * k,
                               block[i + 1] + 2 * k);
        for (int i = have; i < count; i++)
            block[i][2 * k] = block[i][2 * k + 1] = 0;
    }
}

/* ---- the mix ------------------------------------------------------------------------------- */

static void write_at(int file, const void *from, size_t count, off_t at) {
    const uint8_t *bytes = from;
    while (count) {
        ssize_t done = pwrite(file, bytes, count, at);
        if (done <= 0)
            die("cannot write the output: is the disk full?");
        bytes += done;
        at += done;
        count -= (size_t)done;
    }
}

/* Keeps n frames of every stem of a group, from frame `from` of the chunk on. */
static void keep_stems(struct group *g, int from, int n, float block[BLOCK + 1][LANES]) {
    for (int k = 0; k < PER_GROUP; k++)
        if (g->track[k].chunk)
            for (int i = 0; i < n; i++)
                memcpy(g->track[k].chunk[from + i], block[i] + 2 * k, STEM_FRAME_BYTES);
}

/* Writes the chunk at `start` of every stem of a group. */
static void write_stems(struct group *g, long start, int count) {
    for (int k = 0; k < PER_GROUP; k++)
        if (g->track[k].chunk)
            write_at(g->track[k].stem, g->track[k].chunk, (size_t)count * STEM_FRAME_BYTES,
                     HEADER_BYTES + (off_t)start * STEM_FRAME_BYTES);
}

static void run_group(struct group *g, long start, int count) {
    static __thread float block[BLOCK + 1][LANES] __attribute__((aligned(64)));
    vec z1[BANDS], z2[BANDS], envelope = g->envelope, gain = g->gain;
    memcpy(z1, g->z1, sizeof z1);
    memcpy(z2, g->z2, sizeof z2);
    const vec attack = splat(mix.attack), release = splat(mix.release);
    const vec threshold = splat(mix.threshold_log2), slope = splat(mix.slope);
    for (int from = 0; from < count; from += BLOCK) {
        int n = count - from < BLOCK ? count - from : BLOCK;
        decode(g, start + from, n, block);
        for (int i = 0; i < n; i++) {
            vec x = *(vec *)block[i];
            for (int b = 0; b < BANDS; b++) {
                vec y = mix.b0[b] * x + z1[b];
                z1[b] = mix.b1[b] * x - mix.a1[b] * y + z2[b];
                z2[b] = mix.b2[b] * x - mix.a2[b] * y;
                x = y;
            }
            vec magnitude = (vec)((ivec)x & 0x7fffffff);
            vec peak = larger(magnitude, other_channel(magnitude));
            envelope += pick(peak > envelope, attack, release) * (peak - envelope);
            vec over = larger(log2_positive(envelope + 1e-9f) - threshold, splat(0.0f));
            *(vec *)block[i] = x * exp2_above_minus_126(over * slope) * gain;
        }
        if (mix.stems)
            keep_stems(g, from, n, block);
        for (int i = 0; i < n; i++) {
            float left = 0, right = 0;
            for (int k = 0; k < PER_GROUP; k++) {
                left += block[i][2 * k];
                right += block[i][2 * k + 1];
            }
            g->sum[from + i][0] = left;
            g->sum[from + i][1] = right;
        }
    }
    memcpy(g->z1, z1, sizeof z1);
    memcpy(g->z2, z2, sizeof z2);
    g->envelope = envelope;
    if (mix.stems)
        write_stems(g, start, count);
}

/* Frames from..to of the chunk at start: add the groups, clip, encode, write. */
static void finish(long start, int from, int to) {
    static __thread uint8_t bytes[CHUNK * FRAME_BYTES];
    for (int i = from; i < to; i++)
        for (int c = 0; c < 2; c++) {
            float x = 0;
            for (int g = 0; g < mix.groups; g++)
                x += mix.group[g].sum[i][c];
            x = x > mix.ceiling ? mix.ceiling : x < -mix.ceiling ? -mix.ceiling : x;
            sample_to_24(bytes + (i - from) * FRAME_BYTES + 3 * c, x);
        }
    write_at(mix.out, bytes, (size_t)(to - from) * FRAME_BYTES,
             HEADER_BYTES + (off_t)(start + from) * FRAME_BYTES);
}

/* pthread_barrier_t does not exist on every system. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t open;
    int waiting;
    unsigned turn;
} gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};

static void wait_for_all(void) {
    if (mix.threads == 1)
        return;
    pthread_mutex_lock(&gate.lock);
    unsigned turn = gate.turn;
    if (++gate.waiting == mix.threads) {
        gate.waiting = 0;
        gate.turn++;
        pthread_cond_broadcast(&gate.open);
    }
    while (turn == gate.turn)
        pthread_cond_wait(&gate.open, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}

static void flush_denormals(void) {
#if defined __SSE__
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040);
#elif defined __aarch64__
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    __asm__ volatile("msr fpcr, %0" : : "r"(control | (1u << 24)));
#endif
}

static void *work(void *argument) {
    int id = (int)(intptr_t)argument;
    flush_denormals();
    for (long start = 0; start < mix.frames; start += CHUNK) {
        int count = mix.frames - start < CHUNK ? (int)(mix.frames - start) : CHUNK;
        for (int g = id; g < mix.groups; g += mix.threads)
            run_group(&mix.group[g], start, count);
        wait_for_all();
        finish(start, (int)((long)count * id / mix.threads),
               (int)((long)count * (id + 1) / mix.threads));
        wait_for_all();
    }
    return 0;
}

/* ---- setting up ---------------------------------------------------------------------------- */

static uint32_t word_at(const uint8_t *p) {
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void open_track(struct track *t, const char *path) {
    int file = open(path, O_RDONLY);
    struct stat about;
    if (file < 0 || fstat(file, &about) || about.st_size < HEADER_BYTES)
        die("%s: cannot be read, or too short for a WAV file", path);
    size_t size = (size_t)about.st_size, at = 12;
    /* A spare page behind the file, so that the 16-byte load of the last frame stays inside. */
    uint8_t *map = mmap(0, size + 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED ||
        mmap(map, size, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, file, 0) == MAP_FAILED)
        die("%s: cannot be mapped", path);
    close(file);
    int known = 0;
    while (at + 8 <= size) {
        size_t bytes = word_at(map + at + 4);
        const uint8_t *body = map + at + 8;
        if (!memcmp(map + at, "fmt ", 4) && bytes >= 16 && at + 24 <= size)
            known = body[2] == 2 && body[14] == 24 && (int)word_at(body + 4) == mix.rate;
        if (!memcmp(map + at, "data", 4)) {
            if (!known)
                die("%s: must be stereo, 24-bit, %d Hz", path, mix.rate);
            if (bytes > size - at - 8)
                bytes = size - at - 8;
            t->pcm = body;
            t->frames = (long)(bytes / FRAME_BYTES);
            return;
        }
        at += 8 + bytes + (bytes & 1);
    }
    die("%s: has no data chunk", path);
}

static void set_band(int b, double hz, double db, double q) {
    double amplitude = pow(10, db / 40), w = 2 * M_PI * hz / mix.rate, alpha = sin(w) / (2 * q);
    double a0 = 1 + alpha / amplitude;
    mix.b0[b] = splat((float)((1 + alpha * amplitude) / a0));
    mix.b1[b] = mix.a1[b] = splat((float)(-2 * cos(w) / a0));
    mix.b2[b] = splat((float)((1 - alpha * amplitude) / a0));
    mix.a2[b] = splat((float)((1 - alpha / amplitude) / a0));
}

static void add_track(int index, double gain_db, double pan, const char *path) {
    if (index / PER_GROUP == mix.groups) {
        size_t old = (size_t)mix.groups++ * sizeof(struct group);
        struct group *grown = aligned_alloc(sizeof(vec), old + sizeof(struct group));
        if (!grown)
            die("not enough memory");
        if (old)
            memcpy(grown, mix.group, old);
        memset((char *)grown + old, 0, sizeof(struct group));
        free(mix.group);
        mix.group = grown;
    }
    struct group *g = &mix.group[index / PER_GROUP];
    int k = index % PER_GROUP;
    double gain = pow(10, gain_db / 20), angle = (pan + 1) * M_PI / 4;
    ((float *)&g->gain)[2 * k] = (float)(gain * cos(angle));
    ((float *)&g->gain)[2 * k + 1] = (float)(gain * sin(angle));
    open_track(&g->track[k], path);
    if (g->track[k].frames > mix.frames)
        mix.frames = g->track[k].frames;
}

static void read_parameters(const char *path) {
    char line[8192], name[8192];
    double a, b, c, d;
    int bands = 0, tracks = 0;
    FILE *file = fopen(path, "r");
    if (!file)
        die("%s: cannot be read", path);
    for (int i = 0; i < BANDS; i++)
        mix.b0[i] = splat(1);
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "rate %lf", &a) == 1)
            mix.rate = (int)a;
        else if (sscanf(line, "band %lf %lf %lf", &a, &b, &c) == 3 && mix.rate && bands < BANDS)
            set_band(bands++, a, b, c);
        else if (sscanf(line, "comp %lf %lf %lf %lf", &a, &b, &c, &d) == 4 && mix.rate) {
            mix.threshold_log2 = (float)(a / 20 * log2(10));
            mix.slope = (float)(1 / b - 1);
            /* 1 - exp(-1 / (time * rate)): near 1 a float coefficient would lose the time */
            mix.attack = (float)-expm1(-1000 / (c * mix.rate));
            mix.release = (float)-expm1(-1000 / (d * mix.rate));
        } else if (sscanf(line, "ceiling %lf", &a) == 1)
            mix.ceiling = (float)pow(10, a / 20);
        else if (sscanf(line, "track %lf %lf %8191[^\n]", &a, &b, name) == 3 && mix.rate)
            add_track(tracks++, a, b, name);
        else
            die("%s: not understood (rate comes first, at most %d bands): %s", path, BANDS, line);
    }
    fclose(file);
    if (!tracks || mix.ceiling == 0 || mix.attack == 0)
        die("%s: needs rate, comp, ceiling and at least one track", path);
}

/* The header of a stereo file of whole numbers (format 1) or floats (3). */
static void write_header(int file, uint32_t format, uint32_t frame_bytes) {
    uint32_t data = (uint32_t)mix.frames * frame_bytes, rate = (uint32_t)mix.rate;
    uint32_t words[11] = {0x46464952, data + 36,  0x45564157, 0x20746d66,
                          16,         0x00020000 | format,    rate,
                          rate * frame_bytes,     frame_bytes * 4 << 16 | frame_bytes,
                          0x61746164, data};
    uint8_t header[HEADER_BYTES];
    for (int i = 0; i < HEADER_BYTES; i++)
        header[i] = (uint8_t)(words[i / 4] >> 8 * (i % 4));
    write_at(file, header, HEADER_BYTES, 0);
}

static int create(const char *path) {
    int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    if (file < 0)
        die("%s: cannot be written", path);
    return file;
}

/* Brings a file to the disk and closes it. */
static void finish_file(int file, const char *what) {
    if (fsync(file) || close(file))
        die("%s: cannot be written", what);
}

static void create_stems(void) {
    char path[8192];
    for (int g = 0; g < mix.groups; g++)
        for (int k = 0; k < PER_GROUP; k++) {
            struct track *t = &mix.group[g].track[k];
            if (!t->pcm)
                continue;
            snprintf(path, sizeof path, "%s/%d.wav", mix.stems, g * PER_GROUP + k);
            t->stem = create(path);
            write_header(t->stem, 3, STEM_FRAME_BYTES);
            t->chunk = calloc(CHUNK, sizeof *t->chunk);
            if (!t->chunk)
                die("not enough memory");
        }
}

static void finish_stems(void) {
    for (int g = 0; g < mix.groups; g++)
        for (int k = 0; k < PER_GROUP; k++)
            if (mix.group[g].track[k].chunk)
                finish_file(mix.group[g].track[k].stem, "a stem");
}

int main(int argc, char **argv) {
    if (argc < 3 || argc > 5)
        die("usage: limit_c PARAMETERS OUT.wav [THREADS [STEMS]]");
    mix.threads = argc >= 4 ? atoi(argv[3]) : 1;
    mix.stems = argc == 5 ? argv[4] : 0;
    if (mix.threads < 1 || mix.threads > MAX_THREADS)
        die("threads must be 1 to %d", MAX_THREADS);
    read_parameters(argv[1]);
    mix.out = create(argv[2]);
    write_header(mix.out, 1, FRAME_BYTES);
    if (mix.stems)
        create_stems();
    pthread_t thread[MAX_THREADS];
    for (int i = 1; i < mix.threads; i++)
        if (pthread_create(&thread[i], 0, work, (void *)(intptr_t)i))
            die("cannot start a thread");
    work(0);
    for (int i = 1; i < mix.threads; i++)
        pthread_join(thread[i], 0);
    if (mix.stems)
        finish_stems();
    if (close(mix.out))
        die("%s: cannot be written", argv[2]);
    return 0;
}
