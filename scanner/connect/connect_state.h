/* What the files of the connect audit share. Private to them: connect.c runs rounds over
 * the hosts of a window, connect_seats.c keeps sockets, connect_judge.c decides what a
 * round has shown, connect_bursts.c asks hosts that limit what they say, connect_decoys.c
 * whether an open port means anything, connect_settle.c makes observations. */
#ifndef SCANNER_CONNECT_STATE_H
#define SCANNER_CONNECT_STATE_H

#include "scanner/connect/connect.h"
#include "scanner/engine/loss.h"
#include "scanner/engine/rtt.h"

#include <poll.h>

enum connect_slot_flag {
    CONNECT_DECIDED = 1,
    CONNECT_TENTATIVE = 2, /* answered in a way that a stranger might have guessed */
    CONNECT_REFUSED = 4,   /* this machine let no packet to it out */
    CONNECT_PROVEN = 8,    /* silent often enough, if all packets left */
    CONNECT_UNHEARD = 16,  /* so too, but its answers do not reach the socket that asks */
    CONNECT_IN_BURST = 32, /* asked in the burst of the round under way */
};

struct connect_slot {
    uint32_t host; /* in the window */
    uint16_t port;
    uint8_t proto, flags, tries, proofs;
    struct answer answer;
    struct addr by;
};

/* Random ports of a host, whose slots follow upon its own. */
struct connect_decoys {
    uint8_t count;          /* fewer than DECOYS: there are none to draw */
    uint8_t counted, voids; /* rounds whose silence counts, and does not */
    uint8_t void_run;       /* of the latter, those one after the other up to now */
    bool asked, witnessed;  /* in the round under way; an open port answered then */
    bool refuted, silent;   /* one was refused; one is silent, or all are */
    enum reason lapse;      /* why they will never tell; REASON_NONE: they may, or did */
    int64_t open;           /* the slot of an open TCP port; -1: there is none */
};

/* See connect_bursts.c. */
struct connect_burst {
    bool asked;         /* there is one in the round under way */
    bool had_tokens;    /* the latest left some */
    uint32_t at;        /* where the next one begins, counted from the host's first slot */
    nsec_t began, took; /* the latter up to the request for a token; 0: not sent yet */
};

/* Witnesses: ports that answer, to measure the loss by. */
enum { CONNECT_WITNESSES = 4 };

struct connect_host {
    const struct target *target;
    size_t number;         /* of the target */
    uint32_t first, count; /* slots */
    uint32_t undecided;
    bool alive;
    bool over;     /* its own ports are asked no more */
    bool finished; /* nothing is */
    struct connect_decoys decoys;
    struct rtt rtt;
    struct loss loss;
    uint32_t witnesses[CONNECT_WITNESSES];
    uint8_t witness_count;
    int64_t token; /* a slot that was rejected by ICMP, which may be limited; -1: none */
    /* in the round under way */
    bool closed;   /* a witness answered after all else */
    bool tokens;   /* so did the rejected port */
    bool rejected; /* something new was rejected by ICMP */
    struct connect_burst burst;
    double miss;
};

enum connect_job_kind {
    CONNECT_JOB_PORT,
    CONNECT_JOB_CONTROL, /* to a witness, among the others */
    CONNECT_JOB_CLOSER,  /* to a witness, at the end */
    CONNECT_JOB_TOKEN,   /* to a port that is rejected by ICMP, at the end */
    CONNECT_JOB_DECOY,   /* to a random port */
    CONNECT_JOB_WITNESS, /* to an open port, beside those */
};

struct connect_job {
    uint32_t slot;
    uint8_t kind;
};

struct connect_seat {
    struct connect_socket socket;
    struct connect_job job;
    nsec_t begun, until;
};

enum { CONNECT_SEATS_MOST = 512 };

struct connect {
    struct connect_options options;
    int counters; /* /proc/net/netstat, -1: not there */
    nsec_t started;
    struct connect_seat seats[CONNECT_SEATS_MOST];
    struct pollfd polls[CONNECT_SEATS_MOST];
    size_t seats_most, seated;
    nsec_t next_allowed;
    uint64_t random;

    struct connect_slot *slots; /* of the window */
    struct connect_host *hosts;
    size_t slot_count, host_count;
    struct connect_job *jobs;
    size_t job_count, job_capacity;
    size_t next_job; /* the first that nobody has begun */

    struct engine_totals progress;
    struct connect_totals totals;
    enum reason stopped; /* REASON_NONE: it goes on */
};

nsec_t connect_now(void);

/* connect_seats.c: does all jobs, each waiting for its answer; HOLD 0: as long as the host's
 * round-trip time asks for. 0, or -errno: no socket can be opened at all. */
int connect_do_jobs(struct connect *connect, nsec_t hold) __attribute__((warn_unused_result));
bool connect_add_job(struct connect *connect, uint32_t slot, enum connect_job_kind kind);

/* connect_judge.c */
void connect_note_answer(struct connect *connect, const struct connect_job *job,
                         const struct connect_answer *answer, nsec_t elapsed);
void connect_note_silence(struct connect *connect, const struct connect_job *job);
/* This machine refused to send, for ERROR. */
void connect_note_refused(struct connect *connect, const struct connect_job *job, int error);
/* Judges HOST after a round. */
void connect_judge_round(struct connect *connect, struct connect_host *host, unsigned round);

/* connect_bursts.c: adds the jobs of a burst, if HOST rejects by ICMP. False: no memory. */
bool connect_bursts_add_jobs(struct connect *connect, struct connect_host *host);
/* A job of HOST began. */
void connect_bursts_note_begun(struct connect_host *host, enum connect_job_kind kind,
                               nsec_t now);
/* HOST has rejected a port by ICMP for the first time: no silence up to now counts. */
void connect_bursts_begin(struct connect *connect, struct connect_host *host, uint32_t slot);
/* Whether silence in the burst of this round counts. */
bool connect_bursts_count(const struct connect_host *host);
/* The chance that it does so wrongly. */
double connect_bursts_chance(void);
/* How long to wait before the bursts of the next round, for tokens to come back. */
nsec_t connect_bursts_pause(const struct connect *connect);

/* connect_decoys.c: draws those of host NUMBER, all of whose own slots are the last so far.
 * There is room for them. */
void connect_decoys_draw(struct connect *connect, uint32_t number);
/* Whether HOST has an open port, and may be one that answers everything. */
bool connect_decoys_pending(const struct connect *connect, const struct connect_host *host);
/* Adds the jobs that ask, once a round, if they are pending. False: no memory. */
bool connect_decoys_add_jobs(struct connect *connect, struct connect_host *host);
/* The TCP port of slot INDEX is open: the first such brings these jobs, before all others. */
void connect_decoys_note_open(struct connect *connect, struct connect_host *host,
                              uint32_t index);
void connect_decoys_note(struct connect_host *host, struct connect_slot *decoy,
                         const struct answer *answer);
void connect_decoys_judge_round(struct connect *connect, struct connect_host *host);
/* Why an open port of HOST means nothing; REASON_NONE: it is open. */
enum reason connect_decoys_doubt(const struct connect *connect,
                                 const struct connect_host *host);

/* connect_settle.c: hands HOST over. 0, -ENOMEM, or what DONE returned. */
int connect_settle(const struct connect *connect, const struct connect_host *host,
                   bool refused_here, engine_host_fn *done, void *context)
    __attribute__((warn_unused_result));

#endif
