#include "talk.hpp"

#include <gtest/gtest.h>

namespace sallyport::ldap {

Talk& Talk::client(std::string_view bytes, std::size_t chunk) {
    if (chunk == 0) chunk = bytes.size();
    for (std::size_t at = 0; at < bytes.size(); at += chunk) {
        held_of_client_ += bytes.substr(at, chunk);
        go(held_of_client_, true);
    }
    return *this;
}

Talk& Talk::back_end(std::string_view bytes, std::size_t chunk) {
    if (chunk == 0) chunk = bytes.size();
    for (std::size_t at = 0; at < bytes.size(); at += chunk) {
        held_of_back_end_ += bytes.substr(at, chunk);
        go(held_of_back_end_, false);
    }
    return *this;
}

void Talk::go(std::string& held, bool is_client) {
    while (!closed && !held.empty()) {
        const auto step = is_client ? inspector.from_client(as_bytes(held))
                                    : inspector.from_back_end(as_bytes(held));
        (is_client ? to_back_end : to_client) += as_text(step.forward);
        (is_client ? to_client : to_back_end) += as_text(step.answer);
        note(step);
        closed = closed || step.close;
        if (step.taken == 0 && !step.close) {
            EXPECT_GT(step.wanted, held.size());
            EXPECT_LE(step.wanted, head_bytes_max);
            held_bytes_most = std::max(held_bytes_most, held.size());
            return;
        }
        held.erase(0, step.taken);
    }
}

void Talk::note(const Step& step) {
    const auto& call = inspector.call();
    auto text = std::string(to_text(call.operation)) + " " + std::to_string(call.id);
    if (call.authentication != Authentication::none)
        text += " " + std::string(to_text(call.authentication)) + " \"" + std::string(call.dn) +
                "\"" + std::string(call.mechanism);
    if (!call.oid.empty()) text += " " + std::string(call.oid);
    if (!call.who.empty()) text += " as " + std::string(call.who);
    switch (step.event) {
        case Event::none:
            return;
        case Event::allowed:
            return events.push_back(text);
        case Event::refused:
            return events.push_back("refused " + text + ": " + std::string(to_text(step.refusal)));
        case Event::unseen:
            return events.push_back(std::string("unseen: ") + step.reason);
        case Event::broken:
            return events.push_back("broken: " + std::string(to_text(step.refusal)) + ", " +
                                    step.reason);
    }
}

}  // namespace sallyport::ldap
