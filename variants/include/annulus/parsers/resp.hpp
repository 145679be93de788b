// RESP2, the protocol of Redis.
#pragma once

#include <annulus/parsers/resp_command.hpp>
#include <annulus/parsers/resp_error.hpp>
#include <annulus/parsers/resp_tokenizer.hpp>
#include <annulus/parsers/resp_writer.hpp>
