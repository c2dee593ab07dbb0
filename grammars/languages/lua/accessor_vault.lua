-- Secrets from HashiCorp Vault or OpenBao, each read once.
--
-- Made by keylift. Lua has no network of its own: this runs curl in a POSIX shell, which hands it the token through a pipe,
-- never as an argument. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN (or ~/.vault-token) and
-- VAULT_NAMESPACE, a private authority's certificate from VAULT_CACERT. A secret that cannot be read is an error: there
-- is no default.

-- Every file that loads this one shares what was read.
local own = debug.getinfo(1, "S").source
if package.loaded[own] then
  return package.loaded[own]
end

local COMMAND = [[
if [ -z "${VAULT_ADDR:-}" ]; then
  echo 'VAULT_ADDR is not set' >&2
  exit 1
fi
token=${VAULT_TOKEN:-}
if [ -z "$token" ]; then
  token=$(cat "$HOME/.vault-token") || exit
fi
{
  printf 'X-Vault-Token: %s\nX-Vault-Request: true\n' "$token"
  if [ -n "${VAULT_NAMESPACE:-}" ]; then
    printf 'X-Vault-Namespace: %s\n' "$VAULT_NAMESPACE"
  fi
} | curl --silent --show-error --fail --max-time 30 --header @- ${VAULT_CACERT:+--cacert "$VAULT_CACERT"} \
  "${VAULT_ADDR%/}/v1/PATH"
printf '\n%s' "$?"
]]

-- Where the value that begins at a place of a JSON text ends.
local function after(text, at)
  local depth = 0
  repeat
    at = text:find("[^%s,:]", at)
    local sign = text:sub(at, at)
    if sign == '"' then
      repeat
        at = text:find('["\\]', at + 1)
        local escape = text:sub(at, at) == "\\"
        at = escape and at + 1 or at
      until not escape
      at = at + 1
    elseif sign == "{" or sign == "[" then
      depth, at = depth + 1, at + 1
    elseif sign == "}" or sign == "]" then
      depth, at = depth - 1, at + 1
    else
      at = text:find("[%s,%]}]", at)
    end
  until depth == 0
  return at
end

-- Where the value of an object's member begins; nil where there is none.
local function member(text, at, name)
  at = at and text:match("^%s*{()", at)
  while at do
    at = text:match('^[%s,]*()"', at)
    if at then
      local past = after(text, at)
      local value = text:find("[^%s:]", past)
      if text:sub(at + 1, past - 2) == name then
        return value
      end
      at = after(text, value)
    end
  end
end

-- A character as UTF-8.
local function utf8(code)
  if code < 0x80 then
    return string.char(code)
  end
  local bytes, first = "", 0x40
  repeat
    bytes = string.char(0x80 + code % 0x40) .. bytes
    code, first = math.floor(code / 0x40), first / 2
  until code < first
  return string.char(0x100 - 2 * first + code) .. bytes
end

local NAMED = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

-- The JSON string that begins at a place; nil where none does.
local function string_at(text, at)
  if not at or text:sub(at, at) ~= '"' then
    return nil
  end
  -- The first half of a pair, until its other half comes.
  local high
  local value = text:sub(at + 1, after(text, at) - 2):gsub("\\(.)(%x?%x?%x?%x?)", function(escape, rest)
    if escape ~= "u" then
      return (NAMED[escape] or escape) .. rest
    end
    local code = tonumber(rest, 16)
    if code >= 0xD800 and code < 0xDC00 then
      high = code
      return ""
    elseif code >= 0xDC00 and code < 0xE000 then
      code, high = 0x10000 + (high - 0xD800) * 0x400 + code - 0xDC00, nil
    end
    return utf8(code)
  end)
  return not high and value or nil
end

local function read(name)
  local versions = os.getenv("KEYLIFT_VAULT_KV") or "@KEYLIFT_KV@"
  local parts = {}
  local path = table.concat({
    os.getenv("KEYLIFT_VAULT_MOUNT") or "@KEYLIFT_MOUNT@",
    versions == "1" and "" or "data",
    os.getenv("KEYLIFT_VAULT_PREFIX") or "@KEYLIFT_PREFIX@",
    name,
  }, "/")
  -- Nothing is left that a shell or an address would read as a sign of its own.
  for part in path:gmatch("[^/]+") do
    parts[#parts + 1] = part:gsub("[^%w%-._~]", function(sign)
      return ("%%%02X"):format(sign:byte())
    end)
  end
  path = table.concat(parts, "/"):gsub("%%", "%%%%")
  local pipe = assert(io.popen((COMMAND:gsub("PATH", path)), "r"))
  local text = pipe:read("*a")
  pipe:close()
  -- `close` says how the command ended in newer versions of Lua alone.
  local body = text:match("^(.*)\n0$") or error("curl gave no answer")
  local data = member(body, 1, "data")
  if versions ~= "1" then
    data = member(body, data, "data")
  end
  return string_at(body, member(body, data, "@KEYLIFT_FIELD@"))
    or error("the answer has no text in the field @KEYLIFT_FIELD@")
end

local known = {}

-- The secret of that name, as text.
local function secret(name)
  if known[name] == nil then
    local worked, value = pcall(read, name)
    if not worked then
      error("The secret " .. name .. " could not be read: " .. value, 2)
    end
    known[name] = value
  end
  return known[name]
end

package.loaded[own] = secret
return secret
