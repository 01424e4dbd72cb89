// Checkpoints of agents' audit logs: looked at on the pool, answered on the link they came by.
#include "base/error.hpp"
#include "base/log.hpp"
#include "hub/attachment.hpp"
#include "hub/witness.hpp"
#include "net/blocking_pool.hpp"

namespace sallyport::hub {

void Worker::on_checkpoint(Attachment& attachment, tunnel::Checkpoint offer) {
    const auto& witness = shared_.witness;
    const AgentKey agent{attachment.name.tenant(), attachment.name.agent()};
    if (!witness || stopping_)
        return reply(attachment, tunnel::WitnessRefused{"unavailable", 0, "the hub is stopping"});
    if (!witness->admit(agent, net::Loop::now()))
        return reply(attachment,
                     tunnel::WitnessRefused{"limit", 0, "too many checkpoints in a short time"});
    attachment.tasks->spawn("checkpoint", serve_checkpoint(attachment, std::move(offer)));
}

net::Task<void> Worker::serve_checkpoint(Attachment& attachment, tunnel::Checkpoint offer) {
    const AgentKey agent{attachment.name.tenant(), attachment.name.agent()};
    using Message = tunnel::ControlMessage;
    std::function<Result<Message>()> look = [witness = shared_.witness, agent,
                                             offer = std::move(offer)]() -> Result<Message> {
        const auto now = std::chrono::system_clock::now();
        return witness->answer(agent, offer, std::chrono::floor<std::chrono::seconds>(now));
    };
    auto answer = co_await net::run_on_pool<Message>(shared_.pool, loop_, std::move(look));
    if (!answer) {  // it was not begun
        shared_.witness->give_up(agent);
        co_return reply(attachment, tunnel::WitnessRefused{"limit", 0, answer.error().detail});
    }
    reply(attachment, *answer);
}

/// To something that the agent asks for: whoever does not take the answers may not go on asking.
void Worker::reply(Attachment& attachment, const tunnel::ControlMessage& message) {
    if (attachment.control.queued_bytes() > control_queue_bytes_max)
        return attachment.end.link().close({Errc::protocol, "the agent asks and takes no answers"});
    attachment.control.send(message);
}

}  // namespace sallyport::hub
