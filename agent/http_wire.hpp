#pragma once

#include "agent/login.hpp"
#include "http/h1_body.hpp"
#include "http/h1_codec.hpp"
#include "http/wire_input.hpp"
#include "http/wire_output.hpp"
#include "net/duplex.hpp"
#include "net/event.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"
#include "net/ready.hpp"

#include <boost/intrusive/list.hpp>

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace sallyport::agent {

/// One HTTP/1.1 connection to a back end, with everything that reading and writing on it needs, so
/// that an exchange on a kept connection allocates nothing. In use it tells the event of the
/// exchange; idle it watches itself.
class HttpWire final : private net::Ready, private net::IdleSweep::Watched {
public:
    /// Told once when an idle connection has ended, said something unasked, or become too old.
    class Owner {
    public:
        virtual void lost(HttpWire& wire) = 0;

    protected:
        ~Owner() = default;
    };

    /// `login` is as whom the connection was made; it serves nobody else.
    HttpWire(net::Loop& loop, std::unique_ptr<net::Duplex> duplex, LoginPtr login,
             net::Event& event);
    ~HttpWire();
    HttpWire(const HttpWire&) = delete;
    HttpWire& operator=(const HttpWire&) = delete;

    Result<void> attach(net::Loop& loop, net::Event& event);
    void use(net::Event& event);
    void rest(Owner& owner, net::IdleSweep& sweep, net::Deadline deadline);

    /// Asks the operating system whether the back end has neither ended the connection nor said
    /// anything: before a request that must not be repeated.
    bool quiet();

    net::Duplex& duplex() { return *duplex_; }
    const Login* login() const { return login_.get(); }

private:
    void on_ready() override;
    void on_deadline() override;

    std::unique_ptr<net::Duplex> duplex_;
    const LoginPtr login_;
    Owner* owner_ = nullptr;
    net::Event idle_;  // nobody waits for it

public:
    /// The pool's, while it is idle.
    using Hook = boost::intrusive::list_member_hook<>;
    Hook by_age;
    Hook of_login;

    http::WireInput input;
    http::WireOutput output;
    http::h1::ResponseParse parse;
    http::BodyReader response{input};
    http::BodyWriter request{output};
    std::vector<http::Field> kept;      // scratch: fields after hygiene
    std::deque<std::string> rewritten;  // scratch: values that `kept` points to
};

}  // namespace sallyport::agent
