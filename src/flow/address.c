/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses that are told of tickets: the records of system/webhook.yaml and mailbox.yaml. */
#include "flow/internal.h"

static enum err read_address(const struct node *fields, const char *target,
                             enum alarm_channel channel, struct held *held)
{
    struct address *ret = (struct address *)held;
    ret->channel = channel;
    ret->unit = node_get_text(fields, S("unit"));
    ret->officer = node_get_text(fields, S("officer"));
    ret->target = node_get_text(fields, str_c(target));
    ret->is_hub = node_as_bool(node_get(fields, S("hub")), false);
    return held_texts(node_get(fields, S("what")), &held->arena, &ret->words, &ret->word_count);
}

static enum err read_webhook(struct flow *flow, const struct node *fields, struct held *held)
{
    (void)flow;
    return read_address(fields, "url", CHANNEL_WEBHOOK, held);
}

static enum err read_mailbox(struct flow *flow, const struct node *fields, struct held *held)
{
    (void)flow;
    return read_address(fields, "address", CHANNEL_MAIL, held);
}

enum err addresses_open(struct flow *flow)
{
    TRY(holding_open(flow, "webhook", sizeof(struct address), read_webhook, &flow->webhooks));
    return holding_open(flow, "mailbox", sizeof(struct address), read_mailbox, &flow->mailboxes);
}

/* One of an officer is told where that officer is named, one of a desk of all that is its. */
static bool is_for(const struct address *address, const struct flow_told *told)
{
    bool wants = address->word_count == 0;
    for (size_t i = 0; i < address->word_count; i++)
        wants |= str_eq(address->words[i], told->what);
    if (address->officer.len && !str_eq(address->officer, told->person))
        return false;
    if (address->channel == CHANNEL_MAIL && (told->is_again || str_eq(told->what, S("told"))))
        return false;          /* a letter a minute is read by nobody */
    if (!told->to.country.len) /* to the hub */
        return wants && address->is_hub;
    return wants && str_eq(address->held.owner, told->to.country) &&
           (!address->unit.len || str_eq(address->unit, told->to.unit));
}

static void visit_all(struct holding *holding, const struct flow_told *told, visit_address *visit,
                      void *context)
{
    pthread_rwlock_rdlock(&holding->lock);
    for (size_t i = 0; i < holding->count; i++) {
        const struct address *address = (const struct address *)holding->items[i];
        if (is_for(address, told))
            visit(context, address, told);
    }
    pthread_rwlock_unlock(&holding->lock);
}

void addresses_for(struct flow *flow, const struct flow_told *told, visit_address *visit,
                   void *context)
{
    visit_all(flow->webhooks, told, visit, context);
    visit_all(flow->mailboxes, told, visit, context);
}
