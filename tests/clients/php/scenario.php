<?php
/**
 * Runs one phase of a story, ../*.json, through PHP's SoapClient, over the WSDL that the server gives.
 *
 * usage: scenario.php --url=URL --soap=1.1|1.2 --story=FILE --phase=PHASE --state=FILE
 */

declare(strict_types=1);

const NAME_SPACE = 'http://api.cvent.com/2006-11';
const GUID = '/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/';
const RECENT_SECONDS = 1800;
const VERSIONS = ['1.1' => SOAP_1_1, '1.2' => SOAP_1_2];

/** A step's answer is not what the story says. */
final class Failed extends Exception
{
    public function __construct(string $where, mixed $expected, mixed $actual)
    {
        parent::__construct("$where\n    expected " . shown($expected) . "\n    actual   " . shown($actual));
    }
}

function shown(mixed $value): string
{
    return substr(json_encode($value, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES), 0, 2000);
}

/** The service through SoapClient, with plain arrays in and out. */
final class Client
{
    private SoapClient $soap;

    public function __construct(string $url, string $version)
    {
        $this->soap = new SoapClient($url . '?WSDL', [
            'soap_version' => VERSIONS[$version],
            'cache_wsdl' => WSDL_CACHE_NONE,
            'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
        ]);
    }

    /** @return array{0: mixed, 1: ?string} the result, and the session that the answer's header carries */
    public function call(string $operation, ?string $session, array $arguments): array
    {
        $headers = [];
        if ($session !== null) {
            $headers[] = new SoapHeader(NAME_SPACE, 'CventSessionHeader', ['CventSessionValue' => $session]);
        }
        $answered = [];
        $answer = $this->soap->__soapCall($operation, [$arguments], null, $headers, $answered);
        $echoed = $answered['CventSessionHeader']->CventSessionValue ?? null;
        return [plain($answer->{$operation . 'Result'} ?? null), $echoed];
    }
}

/** The value as JSON has it: objects as arrays by name, what is unset left out. */
function plain(mixed $value): mixed
{
    if (!is_object($value) && !is_array($value)) {
        return $value;
    }
    $out = [];
    foreach ((array) $value as $name => $inner) {
        if ($inner !== null && $inner !== []) {
            $out[$name] = plain($inner);
        }
    }
    return $out;
}

/** The story's data, its variables filled in. */
final class Story
{
    public function __construct(private array $records, public array $variables)
    {
    }

    public function fill(mixed $value): mixed
    {
        if (is_string($value)) {
            return preg_replace_callback('/\$\{(\w+)(:lower)?\}/', $this->variable(...), $value);
        }
        if (!is_array($value)) {
            return $value;
        }
        if (isset($value['$repeat'])) {
            return array_map(fn(int $n) => $this->numbered($value['each'], $n), range(1, $value['$repeat']));
        }
        $filled = [];
        foreach ($value['$of'] ?? [] as $name) {
            $filled = array_merge($filled, $this->fill($this->records[$name]));
        }
        foreach ($value as $name => $inner) {
            if ($name !== '$of') {
                $filled[$name] = $this->fill($inner);
            }
        }
        return $filled;
    }

    private function numbered(mixed $value, int $n): mixed
    {
        $this->variables['n'] = (string) $n;
        return $this->fill($value);
    }

    private function variable(array $match): string
    {
        $text = $this->variables[$match[1]] ?? throw new LogicException("no variable $match[1]");
        return isset($match[2]) ? strtolower($text) : $text;
    }
}

/** What SoapClient takes: dates as text. */
function to_send(mixed $value): mixed
{
    if (!is_array($value)) {
        return $value;
    }
    if (isset($value['$time'])) {
        return $value['$time'];
    }
    if (isset($value['$now'])) {
        return gmdate('Y-m-d\TH:i:s', time() + $value['$now']);
    }
    return array_map(to_send(...), $value);
}

function check(string $where, mixed $expected, mixed $actual): void
{
    if (is_array($expected) && !array_is_list($expected)) {
        check_object($where, $expected, $actual);
    } elseif (is_array($expected)) {
        if (!is_array($actual) || !array_is_list($actual) || count($actual) !== count($expected)) {
            throw new Failed($where, $expected, $actual);
        }
        foreach ($expected as $index => $inner) {
            check("{$where}[$index]", $inner, $actual[$index]);
        }
    } elseif (is_string($expected) && str_starts_with($expected, '$')) {
        if (!fits($expected, $actual)) {
            throw new Failed($where, $expected, $actual);
        }
    } elseif ($actual !== $expected) {
        throw new Failed($where, $expected, $actual);
    }
}

function check_object(string $where, array $expected, mixed $actual): void
{
    if (isset($expected['$time'])) {
        check($where, $expected['$time'], $actual);
    } elseif (isset($expected['$amount'])) {
        if (!is_string($actual) || !is_numeric($actual) || (float) $actual !== (float) $expected['$amount']) {
            throw new Failed($where, $expected, $actual);
        }
    } elseif (isset($expected['$not'])) {
        if (!$actual || $actual === $expected['$not']) {
            throw new Failed($where, $expected, $actual);
        }
    } elseif (isset($expected['$count']) || isset($expected['$with']) || isset($expected['$without'])) {
        check_list($where, $expected, $actual);
    } else {
        if (!is_array($actual)) {
            throw new Failed($where, $expected, $actual);
        }
        foreach ($expected as $name => $inner) {
            check("$where.$name", $inner, $actual[$name] ?? null);
        }
    }
}

function check_list(string $where, array $expected, mixed $actual): void
{
    if (!is_array($actual) || !array_is_list($actual)) {
        throw new Failed($where, $expected, $actual);
    }
    if (isset($expected['$count']) && count($actual) !== $expected['$count']) {
        throw new Failed("$where, length", $expected['$count'], count($actual));
    }
    foreach ($expected['$with'] ?? [] as $inner) {
        if (!has($actual, $inner)) {
            throw new Failed("$where, an element", $inner, $actual);
        }
    }
    foreach ($expected['$without'] ?? [] as $inner) {
        if (has($actual, $inner)) {
            throw new Failed("$where, no element", $inner, $actual);
        }
    }
}

function has(array $actual, mixed $expected): bool
{
    foreach ($actual as $value) {
        try {
            check('', $expected, $value);
            return true;
        } catch (Failed) {
        }
    }
    return false;
}

function fits(string $token, mixed $value): bool
{
    return match ($token) {
        '$guid' => is_string($value) && preg_match(GUID, $value) === 1,
        '$text' => is_string($value) && $value !== '',
        '$blank' => $value === null || $value === '',
        '$none' => $value === null,
        '$true' => $value === null || $value === true,
        '$recent' => is_string($value) && abs(time() - strtotime($value . 'Z')) < RECENT_SECONDS,
    };
}

function at(mixed $value, string $path): mixed
{
    foreach (explode('.', $path) as $part) {
        $value = $value[$part];
    }
    return $value;
}

function run(array $step, Client $client, Story $story): void
{
    usleep((int) (($step['sleep'] ?? 0) * 1_000_000));
    $session = array_key_exists('session', $step) ? $step['session'] : '${session}';
    $session = $story->fill($session);
    $arguments = to_send($story->fill($step['send']));
    try {
        [$answer, $echoed] = $client->call($step['call'], $session, $arguments);
    } catch (SoapFault $fault) {
        $actual = [$fault->faultcode, $fault->faultstring];
        if (!isset($step['fault'])) {
            throw new Failed('answer', $step['expect'], $actual);
        }
        [$code, $text] = $step['fault'];
        check('fault', ["q0:$code", $text], $actual);
        return;
    }
    if (isset($step['fault'])) {
        throw new Failed('fault', $step['fault'], $answer);
    }
    if ($step['call'] !== 'Login') {
        check('session header of the answer', $session, $echoed);
    }
    check($step['call'] . 'Result', $story->fill($step['expect']), $answer);
    foreach ($step['save'] ?? [] as $name => $path) {
        $story->variables[$name] = at($answer, $path);
    }
}

function main(): int
{
    $given = getopt('', ['url:', 'soap:', 'story:', 'phase:', 'state:']);
    $data = json_decode(file_get_contents($given['story']), true, 64, JSON_THROW_ON_ERROR);
    $state = $given['state'];
    $variables = file_exists($state) ? json_decode(file_get_contents($state), true) : [];
    $variables += $data['variables'] ?? [];
    $variables['url'] = $given['url'];
    $story = new Story($data['records'], $variables);
    $client = new Client($given['url'], $given['soap']);
    foreach ($data[$given['phase']] as $index => $step) {
        $title = sprintf('%s %2d %s: %s', $given['phase'], $index + 1, $step['call'], $step['say']);
        try {
            run($step, $client, $story);
        } catch (Failed $failure) {
            echo "FAIL $title\n  {$failure->getMessage()}\n";
            return 1;
        }
        echo "ok   $title\n";
    }
    file_put_contents($state, json_encode($story->variables));
    return 0;
}

exit(main());
