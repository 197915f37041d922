/* What the engine's files share: the state of a scan. Private to them.
 *
 * engine.c lets hosts in and gives them turns, send.c decides what a host is sent next,
 * judge.c when its silence is proof, limits.c, spots.c and samples.c whether ICMP could have
 * answered, refusals.c whether a refusal is the port's, twins.c asks who said no, decoys.c
 * whether yes means anything, match.c finds the probe that a packet answers, forwarded.c the
 * one that was sent on to another place, services.c gives UDP services time, outbound.c reads
 * the answers of responders, settle.c turns slots into observations. */
#ifndef SCANNER_ENGINE_STATE_H
#define SCANNER_ENGINE_STATE_H

#include "scanner/engine/address_table.h"
#include "scanner/engine/engine.h"
#include "scanner/engine/host.h"
#include "scanner/engine/outbound.h"
#include "scanner/engine/pace.h"
#include "scanner/engine/probe_maker.h"
#include "scanner/engine/recent_probes.h"
#include "scanner/engine/wakeups.h"

/* What a packet handed out by engine_take_probes() was. */
struct outgoing {
    uint32_t host, slot;
    uint32_t control; /* its number; 0: a try of the port itself */
    uint32_t try;     /* for the cookie */
};

/* A port set with its ranks, made once for all hosts that share it. */
struct shared_index {
    struct port_index index;
    const struct portset *of; /* the set that it was made for */
    bool vanguard;            /* of that set, the ports that answer most often */
    struct portset chosen;    /* these ports */
    struct shared_index *next;
};

enum { BEACONS_MOST = 16 };

/* See beacons.c. */
struct beacons {
    uint32_t hosts[BEACONS_MOST];
    uint8_t count, turn;
    uint32_t kept; /* of them, those of which all is known */
};

struct engine {
    struct engine_options options;
    const struct target *targets;
    size_t target_count;
    engine_host_fn *done;
    void *context;
    int status; /* what DONE returned when it was not 0, or -ENOMEM */

    struct probe_maker *maker;
    struct address_table addresses;
    struct recent_probes recent;
    /* Those under audit have a place of their own as long as that lasts, so that what many
     * packets touch is little and stays in the cache; the others share these. */
    struct host **hosts;
    struct host waiting, over;
    struct shared_index *indexes;
    struct permutation admission; /* order in which hosts are let in */
    size_t admitted, finished;
    uint64_t slots_in_flight;

    uint32_t *ring; /* hosts that have something to send, in turn */
    size_t ring_head, ring_count;
    struct wakeups wakeups;
    struct pace pace;
    struct beacons beacons;
    uint64_t random; /* where controls fall; see random.h */

    struct outgoing *outgoing; /* of the latest engine_take_probes() */
    size_t outgoing_count, outgoing_capacity;

    struct net_counters network;
    nsec_t capture_lost_at, link_changed_at; /* latest; -1: never */
    nsec_t paused_until;

    bool stopped;
    struct engine_totals totals;
};

/* HOST is over: its place is free, and no pointer to it good any more. */
void engine_let_go(struct engine *engine, uint32_t host);
/* Wakes or queues a host according to its phase. */
void engine_schedule(struct engine *engine, uint32_t host, nsec_t now);

/* send.c */
void batch_begin(struct host *host, nsec_t now);
/* Writes the next due probe of HOST and returns its length; 0: none is due now. */
size_t batch_next_probe(struct engine *engine, uint32_t host, nsec_t now, uint8_t *packet);
/* When the host wants attention; NSEC_NEVER: not before an answer. */
nsec_t batch_wake_time(const struct host *host, nsec_t now);
/* Something of HOST answered. */
void batch_note_answer(struct host *host, nsec_t at);
/* Counts the controls that nobody answered in time, as time has come to NOW. */
void batch_expire_controls(struct engine *engine, struct host *host, nsec_t now);

/* judge.c: the host's time has come, what is over is judged and what is next begun. */
void batch_wake(struct engine *engine, uint32_t host, nsec_t now);
/* A probe did not leave this machine. */
void batch_note_unsent(struct engine *engine, uint32_t host, const struct outgoing *out,
                       int error, nsec_t now);

/* What becomes of a batch. */
enum judgement {
    BATCH_COUNTS,
    BATCH_FOUND,    /* rejects, which make it no proof of silence */
    BATCH_EXTENDED, /* judged later */
    BATCH_VOID,
};

/* match.c: whether the sequence number that an ICMP error quotes is that of a probe to SLOT
 * of HOST, which is then answered. */
bool match_sequence(struct engine *engine, uint32_t host, uint32_t slot, nsec_t at,
                    const struct reply *reply);

/* forwarded.c: whether an ICMP error that quotes another place than any probe went to is of
 * a probe all the same, which is then answered. It puts right where REPLY says that went. */
bool forwarded_match(struct engine *engine, nsec_t at, struct reply *reply);

/* limits.c: somebody rejects by ICMP, from a bucket of tokens. */
bool limits_are_known(const struct host *host);
/* There was none after all. */
void limits_forget(struct host *host);
/* How many ports the next batch may have. */
uint32_t limits_batch_most(const struct host *host);
/* BY gave a token for a request, or for a port that is rejected. */
void limits_note_token(struct host *host, const struct addr *by, nsec_t at);
void limits_note_reject(struct host *host, const struct addr *by, nsec_t at);
/* Rejects that were found keep the batch from being a proof. */
bool limits_found_rejects(const struct host *host);
/* The source that the next request for a token goes to after the batch; -1: none. */
int limits_next_request(const struct host *host);
/* When; NSEC_NEVER: none. And how long after the last probe that is. */
nsec_t limits_request_time(const struct host *host);
nsec_t limits_request_delay(const struct host *host);
bool limits_tokens_were_left(const struct host *host);
/* No token was left, as far as is known: whether more are to be asked for before that counts.
 */
bool limits_ask_again(struct host *host, nsec_t now);
/* Until when an answer to a request may still come; 0: none is awaited. */
nsec_t limits_awaited_until(const struct host *host, nsec_t now);
/* The chance that a token was gained during the batch and hid that there had been none. */
double limits_chance_of_gain(const struct host *host);
/* The most tokens that a limiter gives in a second, as far as is reckoned with, and that it may
 * have given between the first probe of the batch and AT; how many of those leave one token, or
 * two, after the batch a proof. */
double limits_gained_per_second(const struct host *host);
double limits_gain_until(const struct host *host, nsec_t at);
#define LIMITS_GAIN_ONE_TOKEN 0.05
#define LIMITS_GAIN_MOST      1.0
/* How many requests each source gets after the batch. */
unsigned limits_requests_wanted(const struct host *host);

/* limits_adapt.c: the batch is judged, and the next one to be like what it said. */
void limits_adapt(struct engine *engine, struct host *host, enum judgement judgement,
                  nsec_t now);
/* Counts the host among the limited ones, with so many undecided PORTS; 0: no more. */
void limits_count(struct engine *engine, struct host *host, uint32_t ports);
/* When the audit may end: the next one must find a token, or it takes rejects for drops. */
nsec_t limits_refilled_at(const struct host *host);
/* The limit has cost more time than it may, and nothing is being proven. */
bool limits_are_costly(const struct engine *engine, const struct host *host, nsec_t now);

/* samples.c: so many ports in a batch of a sample, and the time that so many tokens are given
 * at most. */
#define SAMPLE_PORTS     4
#define SAMPLE_REST_MOST (4 * NSEC_PER_SEC)
void samples_begin(struct host *host);
void samples_adapt(struct engine *engine, struct host *host, enum judgement judgement);

/* spots.c: requests for tokens among the probes of long batches, from now on. */
void spots_begin(struct host *host, nsec_t now);
/* Whether the batch under way has such. */
bool spots_are_due(const struct host *host);
/* How many the batch that begins shall have. */
void spots_plan(struct host *host);
/* The source that the next packet asks, chance allowing; -1: none. */
int spots_next(struct host *host, uint32_t probes_left, uint64_t *random);
/* The source that is to be asked after the last probe; -1: none. */
int spots_last(const struct host *host);
/* The batch is over: takes its requests into account. */
void spots_count(struct host *host);
/* Whether the batch's were answered, but for what chance may take. */
bool spots_were_granted(const struct host *host);
/* The chance that a reject found no token, or was lost; 0: nothing is asked like this. */
double spots_upper(const struct host *host);
void spots_adapt(struct host *host, enum judgement judgement);

/* signs.c: how far the host is, and whether anything shows that it lives. */
void signs_note(struct host *host, const struct reply *reply, bool host_spoke);
/* What a port that gave this answer is a witness of. */
enum witness_kind signs_kind(const struct reply *reply, const struct answer *answer);

/* refusals.c: a port that has answered draws the signature DRAWN now. */
void refusals_note(struct host *host, const struct control *control, uint8_t drawn);
/* Whether who refuses with SIGNATURE does so above a limit, whatever the port. */
bool refusals_are_random(const struct host *host, uint8_t signature);
/* Nothing more is to be decided: a control to the next port that is to be asked again; NULL:
 * there is none, or no memory. */
struct control *refusals_next_control(struct host *host, nsec_t now);
/* Probing ends with ports undecided: these controls are to wait. */
void refusals_wait(struct host *host, nsec_t now);
bool refusals_are_left(const struct host *host);
/* There are such, or answers to them may still come. */
bool refusals_are_pending(struct host *host, nsec_t now);

/* services.c: the different questions that the tries of SLOT are. */
unsigned services_questions(const struct engine *engine, const struct host *host,
                            uint32_t slot);
/* Services answer when they like. The silence of SLOT is certified: */
void services_note_silence(const struct engine *engine, struct host *host, uint32_t slot);
/* it may be undone until then. */
nsec_t services_answer_until(const struct host *host);
/* One came to a try of SLOT that is too old to be believed. It shows all the same that the port
 * is not silent: */
void services_note_old_answer(struct slot *slot);
/* when all is decided, the silence of such ports is taken back, to be proven anew. */
void services_doubt_silence(struct engine *engine, struct host *host);
/* Probing ends at NOW, before its time: so does that of ports that may answer yet. */
void services_doubt_early(struct engine *engine, struct host *host, nsec_t now);
/* An answer to TRY, ELAPSED after the latest try, took longer than the path takes. */
bool services_was_late(const struct host *host, const struct slot *slot, unsigned try,
                       nsec_t elapsed);
/* A datagram in the name of SLOT, of this KIND, fits no probe. Always false: it is not ours. */
bool services_note_guess(struct host *host, uint32_t slot, enum reply_kind kind);
/* So many did that an answer which anybody could have made up shows nothing. */
bool services_are_guessed(const struct host *host, uint32_t slot);
/* When SLOT, whose answer is to come again, may be asked for it; others at once. */
nsec_t services_ask_again_at(const struct host *host, const struct slot *slot, nsec_t now);

/* One more port of HOST is decided. */
void engine_decide(struct engine *engine, struct host *host);
/* What was said of SLOT for want of an answer does not hold any more. */
void engine_take_back(struct engine *engine, struct host *host, struct slot *slot);

/* beacons.c: the host has answered, and may become one. */
void beacons_consider(struct engine *engine, uint32_t host);
/* Whether what its answers took speaks of the path. */
bool beacons_govern(const struct engine *engine, const struct host *host);
/* Writes a control to a beacon, *HOST, when chance will have it; 0: it will not. */
size_t beacons_next_probe(struct engine *engine, nsec_t now, uint8_t *packet, uint32_t *host);
/* Keeps a host that is about to be settled, if it is a beacon that others need. */
bool beacons_keep(struct engine *engine, uint32_t host, enum reason undecided);
/* Settles the kept ones when no other host is left. */
void beacons_release(struct engine *engine);

/* settle.c: hands the host over and frees it. */
void settle_host(struct engine *engine, uint32_t host, enum reason undecided);

/* twin_cases.c: chooses the ports to ask. False: nothing is to be asked. */
bool twin_cases_choose(struct host *host);
/* What SLOT answered; NULL: nothing that twins could explain. */
const struct signature *twin_cases_signature(const struct host *host, uint32_t slot);
/* Whether a few ports with this answer stand for all. */
bool twin_cases_are_alike(const struct host *host, const struct signature *signature);

/* twins.c */
size_t twins_next_probe(struct engine *engine, uint32_t host, nsec_t now, uint8_t *packet);
/* When the phase wants attention, for twins or decoys; and giving it that. */
nsec_t twins_wake_time(const struct engine *engine, const struct host *host, nsec_t now);
void twins_wake(struct engine *engine, uint32_t host, nsec_t now);
void twins_note_answer(struct host *host, const struct control *control,
                       const struct reply *reply, const struct answer *answer);
/* What came of them; see struct origin_evidence. */
enum twin twins_of_slot(const struct host *host, uint32_t slot, enum probe_form form);
bool twins_reference_is_silent(const struct host *host);
/* Some port with this answer is shown to be refused by a firewall. */
bool twins_tell_firewall(const struct host *host, const struct signature *signature);
bool twins_answered_elsewhere(const struct host *host);

/* decoys.c: the host has an open TCP port, so that there is something to doubt. */
void decoys_choose(struct host *host);
/* When the next one is due; NSEC_NEVER: none is left. */
nsec_t decoys_due(const struct host *host);
size_t decoys_next_probe(struct engine *engine, uint32_t host, nsec_t now, uint8_t *packet);
void decoys_note_answer(struct host *host, const struct control *control,
                        const struct answer *answer);
/* A probe to a port that is known to send SYN-ACKs, sent at that time, drew one. */
void decoys_note_witness(struct host *host, nsec_t sent_at);
/* A control to SLOT, which may be a decoy's, did not leave this machine. */
void decoys_note_unsent(struct host *host, uint32_t slot);
bool decoys_pending(const struct host *host);
/* Why a SYN-ACK of HOST means nothing: UNDECIDED, where there was no time to find out.
 * REASON_NONE: it means that the port is open. */
enum reason decoys_doubt(struct host *host, enum reason undecided);

/* What identifies a probe of HOST. */
struct probe_address host_probe(const struct host *host, uint32_t slot, uint32_t try);
struct probe_address host_control(const struct host *host, const struct control *control);
size_t engine_write_control(struct engine *engine, uint32_t host, struct control *control,
                            uint8_t *packet);
/* The share of packets that are controls, where one is for so many others but no more than
 * PER_SECOND are sent. */
double engine_control_share(const struct engine *engine, double per_second);
/* A control of KIND to the host's next witness; a hail where there is none. */
size_t engine_send_control(struct engine *engine, uint32_t host, enum control_kind kind,
                           nsec_t now, uint8_t *packet);
/* A closer to one of the host's witnesses that answer so; 0: there is none. */
size_t engine_send_closer(struct engine *engine, uint32_t host, enum witness_kind answer,
                          nsec_t now, uint8_t *packet);

#endif
