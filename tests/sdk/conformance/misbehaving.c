/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin whose open() does what its configuration says, all of it forbidden. Otherwise its engine
 * is not reachable. */
#define _GNU_SOURCE
#include <navistore/backend.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* What the process may do and what it knows, to the file that the configuration names. */
static void report(const char *path) {
  FILE *file = fopen(path, "we");
  if (file == NULL) return;
  static const struct {
    const char *name;
    unsigned resource;
  } limits[] = {
      {"cpu", RLIMIT_CPU}, {"nofile", RLIMIT_NOFILE}, {"core", RLIMIT_CORE}, {"data", RLIMIT_DATA}};
  int signal_of_death = 0;
  prctl(PR_GET_PDEATHSIG, &signal_of_death);
  fprintf(file, "pdeathsig %d\nno_new_privs %d\n", signal_of_death,
          prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; ++i) {
    struct rlimit limit;
    getrlimit(limits[i].resource, &limit);
    fprintf(file, "%s %lld\n", limits[i].name,
            limit.rlim_max == RLIM_INFINITY ? -1LL : (long long)limit.rlim_max);
  }
  /* The session is the harness's, which is the parent; the group is the process's own. */
  fprintf(file, "session %s\ngroup %s\n", getsid(0) == getppid() ? "parent" : "other",
          getpgid(0) == getpid() ? "own" : "other");
  for (char **variable = environ; *variable != NULL; ++variable)
    fprintf(file, "environment %s\n", *variable);
  fclose(file);
}

static void do_what_it_says(const char *config) {
  const char *path = strstr(config, "report ");
  if (path) {
    char name[256];
    if (sscanf(path, "report %255[^\"]", name) == 1) report(name);
  }
  if (strstr(config, "exit_0")) exit(0);
  if (strstr(config, "exit_at_once")) _exit(0);
  if (strstr(config, "segv")) raise(SIGSEGV);
  if (strstr(config, "hang"))
    for (;;) pause();
  if (strstr(config, "close_all")) closefrom(3);
  if (strstr(config, "write_everywhere")) {
    for (int fd = 3; fd < 1024; ++fd) {
      if (write(fd, "0000000000000000D00000001x", 26) < 0) continue;
    }
    _exit(0);
  }
}

static navi_status op_open(const navi_open *o, navi_store **out, navi_caps *caps, navi_error *e) {
  (void)caps;
  *out = NULL;
  do_what_it_says(o->config);
  const int odd = strstr(o->config, "odd_text") != NULL;
  if (e) snprintf(e->text, sizeof e->text, "%s", odd ? "a\"b\\c\x01\xff<&>\n" : "no engine");
  return odd ? NAVI_DENIED : NAVI_UNAVAILABLE;
}
static void op_close(navi_store *s) { (void)s; }
static navi_status op_read(navi_store *s, const navi_read *q, const navi_sink *k, navi_reply *r,
                           navi_error *e) {
  (void)s, (void)q, (void)k, (void)r, (void)e;
  return NAVI_INTERNAL;
}
static navi_status op_apply(navi_store *s, const navi_apply *q, navi_result *res, navi_error *e) {
  (void)s, (void)q, (void)res, (void)e;
  return NAVI_INTERNAL;
}
static navi_status op_scan(navi_store *s, const navi_scan *q, const navi_sink *k, navi_reply *r,
                           navi_error *e) {
  (void)s, (void)q, (void)k, (void)r, (void)e;
  return NAVI_INTERNAL;
}
static navi_status op_sync(navi_store *s, uint64_t timeout_ms, navi_reply *r, navi_error *e) {
  (void)s, (void)timeout_ms, (void)r, (void)e;
  return NAVI_INTERNAL;
}
static navi_status op_clear(navi_store *s, const navi_apply *q, navi_reply *r, navi_error *e) {
  (void)s, (void)q, (void)r, (void)e;
  return NAVI_INTERNAL;
}
static navi_status op_stats(navi_store *s, navi_stats *st, navi_error *e) {
  (void)s, (void)st, (void)e;
  return NAVI_INTERNAL;
}
static void op_interrupt(navi_store *s) { (void)s; }

static const navi_store_api kStore = {sizeof(navi_store_api),
                                      0,
                                      op_open,
                                      op_close,
                                      op_read,
                                      op_apply,
                                      op_scan,
                                      op_sync,
                                      op_clear,
                                      op_stats,
                                      op_interrupt};
static const void *get_interface(const char *id) {
  return strcmp(id, NAVI_STORE_1) == 0 ? &kStore : NULL;
}

const navi_entry navistore_backend_entry = {
    NAVI_MAGIC, sizeof(navi_entry),      NAVI_HEADER,   "org.navistore.misbehaving",
    "1",        "does what it must not", get_interface, {0, 0}};
