/* One address under audit: what was sent to each of its ports and what came back.
 *
 * Ports are numbered as slots, TCP before UDP, in ascending order; a slot is eight bytes,
 * so that a host with all its ports in flight takes about a megabyte. Ports whose answers
 * are alike share a signature. Private to the engine's files. */
#ifndef SCANNER_HOST_H
#define SCANNER_HOST_H

#include "probes/probes.h"
#include "scanner/engine/controls.h"
#include "scanner/engine/decoys.h"
#include "scanner/engine/permutation.h"
#include "scanner/engine/port_index.h"
#include "scanner/engine/rtt.h"
#include "scanner/engine/twins.h"
#include "scanner/net.h"

enum slot_flag {
    SLOT_IN_BATCH = 1,      /* probed in the batch under way */
    SLOT_TENTATIVE = 2,     /* answered, but the answer wants another one to confirm it */
    SLOT_CONFLICT = 4,      /* valid answers contradict each other */
    SLOT_OPEN_SEEN = 8,     /* one of the contradicting answers said open; tentative: one that
                               says so was repeated; no answer: none but one to an old try */
    SLOT_SILENT = 16,       /* silence is certified */
    SLOT_FAILED = 32,       /* probes do not leave this machine */
    SLOT_REFUSED_ONCE = 64, /* a probe was refused by this machine once */
    SLOT_ACCOMPANIED = 128, /* the latest probe went out among companions */
};

/* From here on no slots, but the TCP ports of decoys: SLOT_DECOY + port. */
#define SLOT_DECOY UINT32_C(0x80000000)

struct slot {
    uint8_t signature; /* 1-based index into the host's signatures; 0: no answer */
    uint8_t tries;     /* probes that left */
    uint8_t proofs;    /* tries whose silence counts; tentative: tries at the first answer */
    uint8_t flags;     /* enum slot_flag */
    uint32_t sent_at;  /* of the latest try, in ticks of 1024 ns; wraps after 73 minutes */
};

enum { SIGNATURES_MOST = 255, CONFIRM_MOST = 8 };
/* With more signatures than this, where further ports are forwarded to is left unsaid. */
enum { FORWARDINGS_MOST = 128 };

/* What the answers of a class of ports have in common. */
struct signature {
    enum proto proto;
    struct answer answer;
    struct addr by;
    struct forwarding forwarded;
    uint8_t ttl, tos;
    uint32_t slot;        /* the first port that answered so */
    uint32_t count;       /* ports */
    uint32_t turned_slot; /* the latest port that drew this against its own answer, */
    uint8_t turned;       /* and what such ports tell; see refusals.c */
    bool by_icmp;
};

enum host_phase {
    HOST_WAITING,  /* not admitted yet, or no route yet */
    HOST_SENDING,  /* probes of the batch under way are due */
    HOST_RESTING,  /* waiting for their answers */
    HOST_TWINNING, /* malformed twins or decoys are due or awaited */
    HOST_KEPT,     /* all is known; it is a beacon for others */
    HOST_DONE,
};

/* Ports probed together, and judged together once their answers had time to come. */
struct batch {
    uint32_t from, to;     /* positions of the pass: from included, to not */
    uint32_t probed;       /* probes that left */
    uint32_t counted_from; /* of these, those before the round under way */
    uint8_t rounds;        /* times that all its ports were probed before this one */
    bool pausing;          /* between two rounds */
    bool was_refused;      /* a probe did not leave: rounds are not alike */
    uint32_t answered;     /* ports decided by an answer */
    uint32_t rejected;     /* of these, by ICMP */
    uint32_t unsent;       /* probes that did not leave and must be sent again */
    uint32_t companions;   /* still to be sent */
    bool asked_again;      /* for tokens, where the first requests may have been lost */
    uint32_t spots;        /* requests for tokens still to be sent among the probes */
    nsec_t refill;         /* rest that these ask for */
    bool witnessed;        /* there is something to accompany the probes */
    nsec_t began, started; /* the latter with the first probe */
    nsec_t last_sent, rest_began;
    nsec_t paused; /* time between rounds */
    uint32_t
        rejected_first;  /* the first of these was the so-and-so-manieth; 0: there is none */
    unsigned extensions; /* times that the rest was prolonged */
    bool witnesses_answered; /* so that what is still missing is not missing for loss */
};

/* What is known of a limit on ICMP errors, and what follows from it for the batches to come;
 * see limits.c, limits_adapt.c, samples.c and spots.c. */
struct limits {
    nsec_t since;     /* when limited answers were first seen; 0: not */
    uint8_t pass;     /* the first pass under the limit */
    uint32_t counted; /* the host's ports among the limited ones of the totals */
    nsec_t icmp_at;   /* the latest ICMP error; 0: none */
    nsec_t rest;      /* that a few tokens ask for; 0: none */
    uint8_t rounds;   /* that a batch shall have */

    uint8_t short_voids;   /* short batches one after the other without a token */
    uint8_t found_batches; /* one after the other that found rejects */
    uint8_t dense;         /* rejects found by asking a few, beyond those that took more */
    uint8_t lone_tokens;   /* void batches in a row with one token where two were wanted */

    bool spread;      /* tokens are asked for all over a batch */
    nsec_t spot_gap;  /* the time that one token takes */
    nsec_t probe_gap; /* the time that a probe took in the latest batch */

    bool sampling;                   /* rejects are collected, silence is not judged */
    bool sweeping;                   /* nearly all may be rejected: what is not comes first */
    bool mixed;                      /* a sample has shown that not nearly all are rejected */
    uint8_t doubtful;                /* ports of a sample that are asked again, by themselves */
    uint32_t stuck_at;               /* position in the pass of the sample's oldest silence, */
    uint8_t stuck_for;               /* and how often that has been asked */
    uint32_t confirmed[PROTO_COUNT]; /* sample from which the rest was told; 0: it was not */
};

/* What else is known where the target is a responder; see outbound.h. */
struct outbound {
    bool spoke_unsigned;    /* the target answered, but signed nothing of that */
    bool signed_tcp;        /* the responder signed an answer to a SYN */
    bool refused_probes;    /* its own machine, by ICMP: so they get there */
    bool refuses_at_random; /* this machine refused what it had let through */
    struct addr beside;     /* whom ICMP of the responder's own machine comes from */
    struct addr refuser;    /* who says no by ICMP where no signed answer comes */
    uint32_t refusals;      /* ports of which that is so; see outbound_is_refused() */
};

/* Ports that are asked again to see whether they answer as before; see refusals.c. */
struct recall {
    uint8_t done;   /* of what is to be asked: ports that were refused, */
    uint32_t at;    /* by their positions in the pass; then witnesses */
    nsec_t until;   /* answers may come until then; before anything is done: a time of calm */
    bool witnessed; /* some that had answered for themselves were asked, */
    bool answered;  /* and did so again */
    bool repeated;
};

/* What nearly every packet touches comes first, together: in a fleet of many hosts the time
 * goes into fetching these lines. */
struct host {
    const struct target *what;
    const struct port_index *index[PROTO_COUNT]; /* shared */
    struct slot *slots;
    uint32_t tcp_count, slot_count, declared_count;
    uint32_t undecided;
    uint32_t cursor; /* position in the pass */
    enum host_phase phase;
    uint8_t pass; /* counts from 1; each undecided port has had pass - 1 probes */
    bool in_ring;
    uint8_t confirm_count;
    uint8_t signature_count;
    bool alive;
    bool stack_spoke; /* something answered that no firewall sends in its name */
    bool is_beacon;
    uint8_t echo_ttl;         /* of echo replies; 0: none seen */
    uint8_t stack_ttl;        /* of the SYN-ACK or RST with our DSCP that came the shortest way;
                                 0: none seen */
    struct permutation order; /* of this pass */
    uint32_t batch_most;      /* ports in a batch; UINT32_MAX: the whole pass */
    nsec_t next_allowed;
    nsec_t spacing; /* least time between packets; 0: as the pace has it */
    struct batch batch;
    struct net_route route;
    struct signature *signatures;
    struct rtt rtt;
    struct decoys decoys;
    struct controls controls;

    const struct port_index *declared[PROTO_COUNT]; /* shared */
    struct permutation declared_order;              /* of this pass */
    uint64_t seed;                                  /* of the orders to come */
    nsec_t rest_until;
    double spaced_for;     /* share of loss that the spacing was meant to lower */
    double usual_loss;     /* share of loss before that */
    uint8_t spacing_steps; /* times that it has been doubled */
    bool spacing_is_useless;
    struct limits limits;
    uint8_t void_batches; /* batches one after the other that proved nothing */
    enum reason void_reason;
    struct recall recall;
    uint32_t confirm[CONFIRM_MOST]; /* UDP ports whose answer wants another at once */
    nsec_t confirm_due; /* when one that this batch left out may be asked; NSEC_NEVER: none */
    nsec_t patient_until[PROTO_COUNT]; /* until then, ports that were silent may answer */
    uint8_t *guesses;    /* datagrams that fit no probe, for each slot; NULL: none */
    nsec_t silent_since; /* start of the first batch whose silence counted; 0: none */
    struct outbound outbound;
    struct twins twins;
    double miss; /* the largest chance of a missed answer that silence was certified with */
};

/* Prepares the slots of HOST for WHAT. 0 or -ENOMEM. */
int host_init(struct host *host, const struct target *what, uint64_t seed)
    __attribute__((warn_unused_result));
/* Frees what it holds; HOST can be forgotten then. */
void host_free(struct host *host);

/* Begins the next pass, in an order of its own: what shared a full queue with its
 * neighbours once must not do so in each pass. */
void host_begin_pass(struct host *host);

/* Of a decoy, too. */
enum proto host_slot_proto(const struct host *host, uint32_t slot);
uint16_t host_slot_port(const struct host *host, uint32_t slot);
/* -1: this port is not probed. */
int64_t host_find_slot(const struct host *host, enum proto proto, uint16_t port);

/* The slot at a position of the pass: declared ports first, then all (declared ones come
 * up again there, and are to be passed over). */
uint32_t host_slot_at(const struct host *host, uint32_t position);
uint32_t host_positions(const struct host *host);

bool host_is_declared(const struct host *host, uint32_t slot);

/* Answers may come: it has been let in, and not been handed over. */
bool host_is_under_audit(const struct host *host);
/* Whether probes to it come from PROBER, an address as packets carry it. */
bool host_has_prober(const struct host *host, const struct addr *prober);

bool slot_is_decided(const struct slot *slot);
/* It is silent, but answered tries that were too old to be believed. */
bool slot_is_doubtful(const struct slot *slot);

/* The number of the signature that fits, made if need be; 0: no memory. */
uint8_t host_signature(struct host *host, const struct signature *like);

static inline uint32_t host_ticks(nsec_t at)
{
    return (uint32_t)((uint64_t)at >> 10);
}

/* Since the latest try; negative where clocks disagree and put AT before it. */
static inline nsec_t slot_elapsed(const struct slot *slot, nsec_t at)
{
    return (nsec_t)(int32_t)(host_ticks(at) - slot->sent_at) * 1024;
}

#endif
