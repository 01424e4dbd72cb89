#pragma once

#include "base/error.hpp"
#include "tunnel/h2_session.hpp"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

namespace sallyport::test {

/// A stream that keeps everything, and gives what the test puts into it.
struct H2Recorder final : tunnel::H2Stream {
    void on_field(std::string_view name, std::string_view value) override {
        fields += std::string(name) + "=" + std::string(value) + "\n";
    }
    void on_fields_end(bool last) override { fields += last ? "END\n" : "--\n"; }
    void on_data(BytesView bytes) override { data += as_text(bytes); }
    void on_end() override { ended = true; }
    void on_closed(tunnel::H2Code why) override {
        closed = true;
        code = why;
    }
    tunnel::Pulled pull(std::span<std::byte> into) override {
        tunnel::Pulled pulled;
        pulled.bytes = std::min(into.size(), gives.size());
        std::copy_n(as_bytes(gives).begin(), pulled.bytes, into.begin());
        gives.erase(0, pulled.bytes);
        pulled.ended = gives.empty() && gives_end;
        return pulled;
    }
    tunnel::Held held() const override { return {}; }

    std::string fields;
    std::string data;
    std::string gives;
    bool gives_end = false;
    bool ended = false;
    bool closed = false;
    tunnel::H2Code code = tunnel::H2Code::no_error;
};

/// One end, without any link.
struct H2End final : tunnel::H2Events {
    explicit H2End(tunnel::Role role, const tunnel::H2Options& options = {})
        : session(role, options, *this) {}
    tunnel::H2Stream* on_new_stream() override {
        if (refuses) return nullptr;
        return &streams.emplace_back();
    }
    void on_ping_answered() override { ++pings_answered; }
    void on_goaway() override { goaway = true; }

    /// Everything there is to send.
    std::string produce() {
        std::string out;
        for (std::size_t before = 1; before != out.size();) {
            before = out.size();
            if (!session.produce(out, out.size() + 64 * 1024)) broken = true;
        }
        return out;
    }
    bool receive(std::string_view bytes, std::size_t piece = SIZE_MAX) {
        for (std::size_t at = 0; at < bytes.size() && !broken; at += std::min(piece, bytes.size()))
            if (!session.receive(as_bytes(bytes.substr(at, piece)))) broken = true;
        return !broken;
    }
    Result<void> get(H2Recorder& stream, std::string_view path = "/", bool has_body = false) {
        const std::vector<http::Field> fields = {{":method", has_body ? "POST" : "GET"},
                                                 {":scheme", "http"},
                                                 {":authority", "a:1"},
                                                 {":path", path}};
        return session.submit_request(stream, fields, has_body);
    }
    void answer(H2Recorder& stream, std::string body) {
        const std::vector<http::Field> fields = {{":status", "200"}};
        stream.gives = std::move(body);
        stream.gives_end = true;
        session.submit_response(stream, fields, true, true);
    }

    std::deque<H2Recorder> streams;  // that the peer opened
    int pings_answered = 0;
    bool goaway = false;
    bool refuses = false;
    bool broken = false;
    tunnel::H2Session session;
};

/// All there is, both ways; false if one end broke.
inline bool exchange(H2End& a, H2End& b, std::size_t piece = SIZE_MAX) {
    for (bool moved = true; moved && !a.broken && !b.broken;) {
        const auto to_b = a.produce();
        b.receive(to_b, piece);
        const auto to_a = b.produce();
        a.receive(to_a, piece);
        moved = !to_a.empty() || !to_b.empty();
    }
    return !a.broken && !b.broken;
}

}  // namespace sallyport::test
